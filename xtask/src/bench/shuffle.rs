//! Numbers in no order, each once, without a list of them.

/// The numbers below a bound: a full-period sequence of the next power of two, without those that are out of bounds.
pub(super) struct Shuffle {
    bound: u64,
    mask: u64,
    state: u64,
    left: u64,
}

impl Shuffle {
    pub(super) fn new(bound: u64) -> Self {
        let period = bound.next_power_of_two();
        Self { bound, mask: period - 1, state: 0, left: period }
    }
}

impl Iterator for Shuffle {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        while self.left > 0 {
            self.left -= 1;
            // Knuth's multiplier is 1 modulo 4 and the increment is odd, so the sequence has its full period.
            self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // The low bits of such a sequence turn over quickly; swapping halves and folding keeps it one to one.
            let number = mixed(self.state & self.mask, self.mask);
            if number < self.bound {
                return Some(number);
            }
        }
        None
    }
}

/// One to one among the numbers up to `mask`, which is one less than a power of two.
fn mixed(number: u64, mask: u64) -> u64 {
    let half = (mask.count_ones() / 2).max(1);
    let number = (number ^ (number >> half)).wrapping_mul(0x9E37_79B1) & mask;
    (number ^ (number >> half)) & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_once() {
        for bound in [1, 2, 3, 1000, 1024, 1025] {
            let mut numbers: Vec<_> = Shuffle::new(bound).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, (0..bound).collect::<Vec<_>>());
        }
    }

    #[test]
    fn neighbours_do_not_come_together() {
        let numbers: Vec<_> = Shuffle::new(10_000).collect();
        let together = numbers.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 10).count();
        assert!(together < 100, "{together} pairs are close");
    }
}
