//! The report on data quality: what a list of it takes depends on the types that can have the issue, not on the records.

use super::{Guard, SIZES};
use crate::{
    population::Population,
    walk::{brief, items},
};

impl Guard {
    /// Each list of the report, with one record and with many.
    pub(super) async fn quality(&mut self) {
        let mut population = Population::new(SIZES[1]);
        population.make_doubtful(SIZES[1]);
        let others = std::mem::replace(&mut self.server, population.serve(self.backend).await);
        let model = coopgraph::domain::model();
        let words = &model.issues().expect("issues").words;
        let report = self.schema.get("Query").fields.iter().find(|field| field.name == "dataQuality").cloned();
        let report = report.expect("a report");
        let fields = self.schema.get(&report.ty.name).fields.clone();
        assert_eq!(fields.len(), words.len());
        for (word, field) in words.iter().zip(fields) {
            let types = model.with_issue(&word.value).count();
            for size in SIZES {
                let list = self.schema.head(&report.ty.name, &field, &format!("first: {size}"));
                let head = self.schema.head("Query", &report, "");
                let query = format!("{{ {head} {{ r: {list} {{ totalCount nodes {{ __typename }} }} }} }}");
                let taken = self.take(&query).await;
                assert_eq!(taken.statements.len(), 2 * types, "{query}");
                let found = items(&taken.data["dataQuality"]["r"]["nodes"]).count();
                assert!(found > 0, "nothing of the population is in {}", field.name);
            }
            // All that hangs on it is paid for.
            let all = self.schema.ask(&report.ty.name, &field, "first: 50", &brief);
            let groups = self.schema.ask_groups(&field.ty.name);
            self.take(&format!("{{ dataQuality {{ {all} of: {} {{ __typename {groups} }} }} }}", field.name)).await;
        }
        self.server = others;
    }
}
