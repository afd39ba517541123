//! A population about which much is doubtful.

use crate::population::{Population, key};

impl Population {
    /// Makes records doubtful: sources that contradict, parties that doubt, positions without a place, and officials who are in two
    /// cities. `n` is the number of the population.
    pub fn make_doubtful(&mut self, n: usize) {
        let mut positions = 0;
        for (i, record) in self.records.iter_mut().enumerate() {
            match record.kind {
                "citation" if i % 3 > 0 => {
                    record.set("stance", if i % 3 == 1 { "contradicts" } else { "context" });
                    record.set("field", "exists");
                }
                "partnership_party" if i % 3 == 0 => record.set("status", "disputed"),
                "position" => {
                    if positions >= n {
                        let city = key("city", (positions + n / 2 + 3) % n);
                        record.set("organization", "");
                        record.set("city", if positions % 4 == 0 { String::new() } else { city });
                    }
                    positions += 1;
                }
                "event" => record.set("is_series", "false"),
                _ => {}
            }
        }
    }
}
