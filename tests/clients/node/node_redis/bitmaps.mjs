// The bitmap group through node-redis.

import assert from "node:assert/strict";
import { RESP_TYPES } from "redis";

const { deepEqual, equal } = assert;

export const bitmaps = {
  async "group bitmap bits"(client) {
    equal(await client.setBit("b", 7, 1), 0);
    equal(await client.setBit("b", 7, 1), 1);
    equal(await client.getBit("b", 7), 1);
    equal(await client.getBit("b", 1000), 0);
    await client.set("b", Buffer.from([0, 255, 240]));
    equal(await client.bitCount("b"), 12);
    equal(await client.bitCount("b", { start: 1, end: 1 }), 8);
    equal(await client.bitCount("b", { start: 4, end: 19, mode: "BIT" }), 12);
    equal(await client.bitPos("b", 1), 8);
    equal(await client.bitPos("b", 0, 1), 20);
    equal(await client.bitPos("b", 1, 17, -1, "BIT"), 17);
  },

  async "group bitmap operations"(client) {
    const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    await client.mSet([["x", Buffer.from([0xf0, 0x0f])], ["y", Buffer.from([0xff])]]);
    const results = { AND: [0xf0, 0], OR: [0xff, 0x0f], XOR: [0x0f, 0x0f] };
    for (const [operation, bytes] of Object.entries(results)) {
      equal(await client.bitOp(operation, "to", ["x", "y"]), 2);
      deepEqual(await binary.get("to"), Buffer.from(bytes));
    }
    equal(await client.bitOp("NOT", "to", "x"), 2);
    deepEqual(await binary.get("to"), Buffer.from([0x0f, 0xf0]));
  },

  async "group bitmap fields"(client) {
    const set = { operation: "SET", encoding: "u8", offset: 0, value: 255 };
    const get = { operation: "GET", encoding: "u4", offset: "#1" };
    const add = (offset, increment) => ({ operation: "INCRBY", encoding: "u8", offset, increment });
    const overflow = (behavior) => ({ operation: "OVERFLOW", behavior });
    deepEqual(await client.bitField("f", [set, get, add(0, 10)]), [0, 15, 9]);
    deepEqual(await client.bitField("f", [overflow("SAT"), add(8, 250), add(8, 10)]), [250, 255]);
    deepEqual(await client.bitField("f", [overflow("FAIL"), add(8, 1)]), [null]);
    const reads = [{ encoding: "u8", offset: 8 }, { encoding: "i8", offset: 8 }];
    deepEqual(await client.bitFieldRo("f", reads), [255, -1]);
  },
};
