//! Time to decode a pipelined batch of requests, and to write the replies; beside the `redis-protocol` crate, which makes a tree of frames of
//! whatever comes and writes one.

use std::hint::black_box;

use bytes::{Buf, BytesMut};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use pyredis_protocol::{ClientCodec, ReplyWriter, RequestDecoder};
use redis_protocol::resp2::decode::decode_bytes_mut;
use redis_protocol::resp2::encode::extend_encode_borrowed;
use redis_protocol::resp2::types::BorrowedFrame;
use tokio_util::codec::{Decoder, Encoder};

const BATCH: usize = 128;

/// `BATCH` requests as they arrive; `args` are those of the request with this number.
fn batch<const N: usize>(args: impl Fn(usize) -> [String; N]) -> BytesMut {
    let mut wire = BytesMut::new();
    for index in 0..BATCH {
        // Encoding into memory fails only without arguments.
        let _ = ClientCodec::default().encode(&args(index)[..], &mut wire);
    }
    wire
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(BATCH as u64));
    let gets = batch(|index| ["GET".to_owned(), format!("key:{index:012}")]);
    let sets = batch(|index| ["SET".to_owned(), format!("key:{index:012}"), "v".repeat(64)]);
    for (name, wire) in [("128 GET", gets), ("128 SET", sets)] {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (RequestDecoder::default(), wire.clone()),
                |(mut decoder, mut buffer)| {
                    while let Ok(Some(request)) = decoder.decode(&mut buffer) {
                        black_box(request);
                    }
                },
                BatchSize::SmallInput,
            );
        });
        group.bench_function(format!("{name}, redis-protocol"), |bencher| {
            bencher.iter_batched(
                || wire.clone(),
                |mut buffer| {
                    while let Ok(Some(request)) = decode_bytes_mut(&mut buffer) {
                        black_box(request);
                    }
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn write(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write");
    group.throughput(Throughput::Elements(BATCH as u64));
    let mut replies = ReplyWriter::default();
    let mut output = BytesMut::new();
    group.bench_function("128 bulks", |bencher| {
        bencher.iter(|| {
            for _ in 0..BATCH {
                replies.bulk(black_box(&[b'v'; 64]));
            }
            replies.advance(black_box(replies.remaining()));
        });
    });
    group.bench_function("128 bulks, redis-protocol", |bencher| {
        bencher.iter(|| write_frames(&mut output, &BorrowedFrame::BulkString(black_box(&[b'v'; 64]))));
    });
    group.bench_function("128 OK", |bencher| {
        bencher.iter(|| {
            for _ in 0..BATCH {
                replies.ok();
            }
            replies.advance(black_box(replies.remaining()));
        });
    });
    group.bench_function("128 OK, redis-protocol", |bencher| {
        bencher.iter(|| write_frames(&mut output, &BorrowedFrame::SimpleString(black_box(b"OK"))));
    });
    group.finish();
}

/// Writes a frame `BATCH` times, and takes what was written away again.
fn write_frames(output: &mut BytesMut, frame: &BorrowedFrame<'_>) {
    for _ in 0..BATCH {
        // It fails only when there is no room, and it makes room.
        let _ = black_box(extend_encode_borrowed(output, frame, false));
    }
    black_box(&output);
    output.clear();
}

criterion_group!(benches, decode, write);
criterion_main!(benches);
