"""The bitmap group."""

from harness import check, equal


@check
def group_bitmap_bits(target):
    r = target.client()
    equal(r.setbit("b", 7, 1), 0)
    equal(r.setbit("b", 7, 1), 1)
    equal(r.getbit("b", 7), 1)
    equal(r.getbit("b", 1000), 0)
    r.set("b", b"\x00\xff\xf0")
    equal(r.bitcount("b"), 12)
    equal(r.bitcount("b", 1, 1), 8)
    equal(r.bitcount("b", 4, 19, "BIT"), 12)
    equal(r.bitpos("b", 1), 8)
    equal(r.bitpos("b", 0, 1), 20)
    equal(r.bitpos("b", 1, 17, -1, "BIT"), 17)


@check
def group_bitmap_operations(target):
    r = target.client()
    r.mset({"x": b"\xf0\x0f", "y": b"\xff"})
    equal(r.bitop("AND", "to", "x", "y"), 2)
    equal(r.get("to"), b"\xf0\x00")
    equal(r.bitop("OR", "to", "x", "y"), 2)
    equal(r.get("to"), b"\xff\x0f")
    equal(r.bitop("XOR", "to", "x", "y"), 2)
    equal(r.get("to"), b"\x0f\x0f")
    equal(r.bitop("NOT", "to", "x"), 2)
    equal(r.get("to"), b"\x0f\xf0")


@check
def group_bitmap_fields(target):
    r = target.client()
    field = r.bitfield("f")
    equal(field.set("u8", 0, 255).get("u4", "#1").incrby("u8", 0, 10).execute(), [0, 15, 9])
    equal(r.bitfield("f").incrby("u8", 8, 250).incrby("u8", 8, 10, overflow="SAT").execute(), [250, 255])
    equal(r.bitfield("f", default_overflow="FAIL").incrby("u8", 8, 1).execute(), [None])
    equal(r.bitfield_ro("f", "u8", 8, [("i8", 8)]), [255, -1])
