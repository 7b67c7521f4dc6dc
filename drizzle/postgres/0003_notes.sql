CREATE TABLE "notes" (
	"_id" text collate "C" PRIMARY KEY NOT NULL,
	"data" jsonb NOT NULL,
	"_created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"_updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"_owner_id" bigint NOT NULL,
	CONSTRAINT "notes__id_check" CHECK (length("_id") >= 1 and length("_id") <= 100),
	CONSTRAINT "notes_data_check" CHECK (jsonb_typeof("data") = 'object')
);
--> statement-breakpoint
ALTER TABLE "notes" ADD CONSTRAINT "notes__owner_id_users_id_fk" FOREIGN KEY ("_owner_id") REFERENCES "users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notes_color_index" ON "notes" USING btree ((case jsonb_typeof(("data" -> 'color')) when 'number' then 1 when 'string' then 2 when 'boolean' then case when ("data" -> 'color')::text = 'true' then 4 else 3 end when 'array' then 5 when 'object' then 6 else 7 end),(case when jsonb_typeof(("data" -> 'color')) = 'number' then case when abs((("data" -> 'color'))::numeric) >= 1.797693134862315807e308 then sign((("data" -> 'color'))::numeric)::double precision * 'infinity'::double precision when abs((("data" -> 'color'))::numeric) <= 2.4703282292062327e-324 then 0 else (("data" -> 'color'))::numeric::double precision end else 0 end),((case when jsonb_typeof(("data" -> 'color')) = 'string' then ("data" -> 'color') #>> '{}' else '' end collate "C")),"_id");--> statement-breakpoint
CREATE INDEX "notes_size_width_index" ON "notes" USING btree ((case jsonb_typeof(("data" #> '{"size","width"}')) when 'number' then 1 when 'string' then 2 when 'boolean' then case when ("data" #> '{"size","width"}')::text = 'true' then 4 else 3 end when 'array' then 5 when 'object' then 6 else 7 end),(case when jsonb_typeof(("data" #> '{"size","width"}')) = 'number' then case when abs((("data" #> '{"size","width"}'))::numeric) >= 1.797693134862315807e308 then sign((("data" #> '{"size","width"}'))::numeric)::double precision * 'infinity'::double precision when abs((("data" #> '{"size","width"}'))::numeric) <= 2.4703282292062327e-324 then 0 else (("data" #> '{"size","width"}'))::numeric::double precision end else 0 end),((case when jsonb_typeof(("data" #> '{"size","width"}')) = 'string' then ("data" #> '{"size","width"}') #>> '{}' else '' end collate "C")),"_id");--> statement-breakpoint
CREATE INDEX "notes__owner_id_index" ON "notes" USING btree ("_owner_id","_id");