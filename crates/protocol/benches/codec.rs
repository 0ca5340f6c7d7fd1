//! Time to decode a pipelined batch of requests, and to write the replies.

use std::hint::black_box;

use bytes::{Buf, BytesMut};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use pyredis_protocol::{ClientCodec, ReplyWriter, RequestDecoder};
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
    }
    group.finish();
}

fn write(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write");
    group.throughput(Throughput::Elements(BATCH as u64));
    let mut replies = ReplyWriter::default();
    group.bench_function("128 bulks", |bencher| {
        bencher.iter(|| {
            for _ in 0..BATCH {
                replies.bulk(black_box(&[b'v'; 64]));
            }
            replies.advance(black_box(replies.remaining()));
        });
    });
    group.bench_function("128 OK", |bencher| {
        bencher.iter(|| {
            for _ in 0..BATCH {
                replies.ok();
            }
            replies.advance(black_box(replies.remaining()));
        });
    });
    group.finish();
}

criterion_group!(benches, decode, write);
criterion_main!(benches);
