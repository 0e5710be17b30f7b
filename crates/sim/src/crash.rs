//! Sudden ends: a statement that fails inside a transaction, and a picture of the whole database to see that nothing of
//! it remained. Past the store, as an accident would.

use store::StoreLocation;
use testkit::Raw;

/// The tables that a booking, a hold, a move or a cancellation writes, in each of which it can break off.
pub(crate) const WRITTEN: [&str; 10] = [
    "patient",
    "patient_key",
    "hold",
    "appointment",
    "occupation",
    "claim",
    "audit_head",
    "audit_event",
    "job",
    "diary_change",
];

/// Makes every write to a table fail until it is dropped.
pub(crate) struct Fault {
    raw: Raw,
    table: &'static str,
    is_sqlite: bool,
}

impl Fault {
    pub(crate) fn lay(location: &StoreLocation, table: &'static str) -> Self {
        let mut raw = Raw::open(location);
        let is_sqlite = matches!(location, StoreLocation::Sqlite { .. });
        let sql = if is_sqlite {
            let trigger = |event: &str| {
                format!(
                    "CREATE TRIGGER fault_{event} BEFORE {event} ON {table}
                     BEGIN SELECT RAISE(ABORT, 'simulated fault'); END;"
                )
            };
            format!("{}{}{}", trigger("INSERT"), trigger("UPDATE"), trigger("DELETE"))
        } else {
            format!(
                "CREATE OR REPLACE FUNCTION simulated_fault() RETURNS trigger LANGUAGE plpgsql
                   AS $$ BEGIN RAISE EXCEPTION 'simulated fault'; END $$;
                 CREATE TRIGGER fault BEFORE INSERT OR UPDATE OR DELETE ON {table}
                   FOR EACH ROW EXECUTE FUNCTION simulated_fault();"
            )
        };
        raw.execute(&sql).expect("a fault can be laid");
        Self { raw, table, is_sqlite }
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        let sql = if self.is_sqlite {
            "DROP TRIGGER fault_INSERT; DROP TRIGGER fault_UPDATE; DROP TRIGGER fault_DELETE;".to_owned()
        } else {
            format!("DROP TRIGGER fault ON {};", self.table)
        };
        self.raw.execute(&sql).expect("a fault can be taken away");
    }
}

/// Every row that a step could have changed, as text, table by table.
pub(crate) fn picture(location: &StoreLocation) -> Vec<(String, Vec<Vec<String>>)> {
    let mut raw = Raw::open(location);
    let columns = raw.columns();
    let tables = ["diary_version", "message"].into_iter().chain(WRITTEN);
    let mut picture = Vec::new();
    for table in tables {
        let of_table = columns.iter().filter(|(name, _)| name == table);
        // Digests are bytes, which not every engine turns into text; the rows they seal are compared themselves.
        let names = of_table.map(|(_, column)| column).filter(|column| !column.ends_with("hash"));
        let texts: Vec<String> = names.map(|name| format!("coalesce(CAST({name} AS TEXT), '-')")).collect();
        let mut rows = raw.texts(&format!("SELECT {} FROM {table}", texts.join(", ")));
        rows.sort();
        picture.push((table.to_owned(), rows));
    }
    picture
}
