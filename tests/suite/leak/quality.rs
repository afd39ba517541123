//! Data quality: hidden records have no issue, and decide about none.

use super::Guard;
use crate::walk::{brief, text};

impl Guard {
    /// The report, and each issue as a filter of each list and of what is related to its records.
    pub(super) async fn quality(&mut self) {
        let issues = self.schema.get("QualityIssue").values.clone();
        let mut fields = Vec::new();
        for record in self.schema.records() {
            let list = &self.schema.list(record).name;
            for issue in &issues {
                let has = format!("{{qualityIssue: {{eq: {issue}}}}}");
                for filter in [has.clone(), format!("{{not: {has}}}")] {
                    fields.push(format!("{list}(first: 100, filter: {filter}) {{ totalCount nodes {{ key }} }}"));
                }
            }
        }
        self.ask_all(&fields).await;
        let report = self.schema.get("Query").fields.iter().find(|field| field.name == "dataQuality").cloned();
        let report = report.expect("a report");
        for field in self.schema.get(&report.ty.name).fields.clone() {
            for page in ["first: 100", "last: 7", "first: 100, orderBy: KEY_DESC"] {
                let head = self.schema.head("Query", &report, "");
                let list = self.schema.ask(&report.ty.name, &field, page, &brief);
                self.ask(&format!("{{ {head} {{ {list} }} }}")).await;
            }
        }
    }

    /// What is hidden would decide: with everything in sight, each list of the report is another one.
    pub(super) async fn quality_is_at_stake(&self, public: &crate::support::Server) {
        for field in &self.schema.get("DataQuality").fields {
            let query = format!(
                "{{ dataQuality {{ {}(first: 100, orderBy: KEY_ASC) {{ totalCount nodes {{ __typename key }} }} }} }}",
                field.name
            );
            let (found, all) = tokio::join!(
                self.server.data(&query, serde_json::json!({})),
                public.data(&query, serde_json::json!({}))
            );
            let nodes = &found["dataQuality"][&field.name]["nodes"];
            assert!(!text(&nodes[0]["key"]).is_empty(), "{}: nothing is in {}", self.backend, field.name);
            assert_ne!(found, all, "nothing hidden would change {}", field.name);
        }
    }
}
