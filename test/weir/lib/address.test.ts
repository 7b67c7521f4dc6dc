import { expect, test } from "vitest"
import { networkOf } from "../../../src/weir/lib/address.ts"

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:201", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:DB8:1:2::9", "2001:db8:1:2"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["::1", "0:0:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["", undefined],
  ["unknown", undefined],
  ["256.1.1.1", undefined],
  ["1.2.3", undefined],
  ["2001:db8::1::2", undefined],
  ["::1]/x", undefined],
])("%s counts as %s", (address, network) => expect(networkOf(address)).toBe(network))
