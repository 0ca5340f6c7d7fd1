// The bitmap group through ioredis.

import assert from "node:assert/strict";

const { deepEqual, equal } = assert;

export const bitmaps = {
  async "group bitmap bits"(redis) {
    equal(await redis.setbit("b", 7, 1), 0);
    equal(await redis.setbit("b", 7, 1), 1);
    equal(await redis.getbit("b", 7), 1);
    equal(await redis.getbit("b", 1000), 0);
    await redis.set("b", Buffer.from([0, 255, 240]));
    equal(await redis.bitcount("b"), 12);
    equal(await redis.bitcount("b", 1, 1), 8);
    equal(await redis.bitcount("b", 4, 19, "BIT"), 12);
    equal(await redis.bitpos("b", 1), 8);
    equal(await redis.bitpos("b", 0, 1), 20);
    equal(await redis.bitpos("b", 1, 17, -1, "BIT"), 17);
  },

  async "group bitmap operations"(redis) {
    await redis.mset("x", Buffer.from([0xf0, 0x0f]), "y", Buffer.from([0xff]));
    const results = { AND: [0xf0, 0], OR: [0xff, 0x0f], XOR: [0x0f, 0x0f] };
    for (const [operation, bytes] of Object.entries(results)) {
      equal(await redis.bitop(operation, "to", "x", "y"), 2);
      deepEqual(await redis.getBuffer("to"), Buffer.from(bytes));
    }
    equal(await redis.bitop("NOT", "to", "x"), 2);
    deepEqual(await redis.getBuffer("to"), Buffer.from([0x0f, 0xf0]));
  },

  async "group bitmap fields"(redis) {
    deepEqual(await redis.bitfield("f", "SET", "u8", 0, 255, "GET", "u4", "#1", "INCRBY", "u8", 0, 10), [0, 15, 9]);
    deepEqual(await redis.bitfield("f", "OVERFLOW", "SAT", "INCRBY", "u8", 8, 250, "INCRBY", "u8", 8, 10), [250, 255]);
    deepEqual(await redis.bitfield("f", "OVERFLOW", "FAIL", "INCRBY", "u8", 8, 1), [null]);
    deepEqual(await redis.bitfield_ro("f", "GET", "u8", 8, "GET", "i8", 8), [255, -1]);
  },
};
