//! Values that go into a statement and come out of a row: text, whole numbers, booleans, bytes.

use crate::StoreError;
use bytes::BytesMut;
use jiff::{Timestamp, civil::Date};
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use std::{borrow::Cow, str::FromStr};
use vocab::Id;

/// A parameter of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// NULL of any type.
    Null,
    /// TEXT.
    Text(Cow<'a, str>),
    /// BIGINT.
    Int(i64),
    /// BOOLEAN; 0 or 1 in SQLite.
    Bool(bool),
    /// BYTEA; BLOB in SQLite.
    Bytes(Cow<'a, [u8]>),
}

macro_rules! from {
    ($($from:ty => |$value:ident| $made:expr;)*) => {$(
        impl<'a> From<$from> for Value<'a> {
            fn from($value: $from) -> Self {
                $made
            }
        }
    )*};
}

from! {
    &'a str => |text| Value::Text(Cow::Borrowed(text));
    &'a String => |text| Value::Text(Cow::Borrowed(text));
    String => |text| Value::Text(Cow::Owned(text));
    i64 => |number| Value::Int(number);
    u32 => |number| Value::Int(number.into());
    u16 => |number| Value::Int(number.into());
    u8 => |number| Value::Int(number.into());
    bool => |yes| Value::Bool(yes);
    &'a [u8] => |bytes| Value::Bytes(Cow::Borrowed(bytes));
    &'a [u8; 32] => |bytes| Value::Bytes(Cow::Borrowed(bytes));
    [u8; 32] => |bytes| Value::Bytes(Cow::Owned(bytes.to_vec()));
    Timestamp => |at| Value::Int(at.as_microsecond());
    Date => |on| Value::Text(Cow::Owned(on.to_string()));
}

impl<K> From<Id<K>> for Value<'_> {
    fn from(id: Id<K>) -> Self {
        Value::Text(Cow::Owned(id.to_string()))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Bool(yes) => ValueRef::Integer((*yes).into()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Text(text) => text.as_ref().to_sql_checked(kind, out),
            Value::Int(number) => number.to_sql_checked(kind, out),
            Value::Bool(yes) => yes.to_sql_checked(kind, out),
            Value::Bytes(bytes) => bytes.as_ref().to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Each value checks the type it is bound to by itself, above.
        true
    }

    to_sql_checked!();
}

/// A row that came back. Columns are counted from 0, in the order of the statement.
pub(crate) enum Row<'a> {
    /// From SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// From PostgreSQL.
    Postgres(&'a postgres::Row),
}

macro_rules! column {
    ($(#[$doc:meta])* $name:ident -> $made:ty, sqlite $sqlite:ty, postgres $postgres:ty) => {
        $(#[$doc])*
        pub(crate) fn $name(&self, index: usize) -> Result<Option<$made>, StoreError> {
            match self {
                Self::Sqlite(row) => {
                    row.get::<_, Option<$sqlite>>(index).map_err(StoreError::from_sqlite)
                }
                Self::Postgres(row) => row
                    .try_get::<_, Option<$postgres>>(index)
                    .map_err(|_| StoreError::Corrupt("a column of an unexpected type")),
            }
        }
    };
}

impl Row<'_> {
    column!(
        /// A whole number or NULL.
        int_or_null -> i64, sqlite i64, postgres i64
    );
    column!(
        /// A boolean or NULL.
        bool_or_null -> bool, sqlite bool, postgres bool
    );
    column!(
        /// Bytes or NULL.
        bytes_or_null -> Vec<u8>, sqlite Vec<u8>, postgres Vec<u8>
    );

    /// Text or NULL, without a copy.
    pub(crate) fn str_or_null(&self, index: usize) -> Result<Option<&str>, StoreError> {
        const WHAT: StoreError = StoreError::Corrupt("a column of an unexpected type");
        match self {
            Self::Sqlite(row) => {
                let value = row.get_ref(index).map_err(StoreError::from_sqlite)?;
                value.as_str_or_null().map_err(|_| WHAT)
            }
            Self::Postgres(row) => row.try_get(index).map_err(|_| WHAT),
        }
    }

    /// Text.
    pub(crate) fn str(&self, index: usize) -> Result<&str, StoreError> {
        self.str_or_null(index)?.ok_or(NULL)
    }

    /// Text, copied.
    pub(crate) fn text(&self, index: usize) -> Result<String, StoreError> {
        self.str(index).map(str::to_owned)
    }

    /// Text or NULL, copied.
    pub(crate) fn text_or_null(&self, index: usize) -> Result<Option<String>, StoreError> {
        Ok(self.str_or_null(index)?.map(str::to_owned))
    }

    /// A whole number.
    pub(crate) fn int(&self, index: usize) -> Result<i64, StoreError> {
        self.int_or_null(index)?.ok_or(NULL)
    }

    /// A whole number that fits a smaller type.
    pub(crate) fn small<T: TryFrom<i64>>(&self, index: usize, column: &'static str) -> Result<T, StoreError> {
        T::try_from(self.int(index)?).map_err(|_| StoreError::Corrupt(column))
    }

    /// A boolean.
    pub(crate) fn bool(&self, index: usize) -> Result<bool, StoreError> {
        self.bool_or_null(index)?.ok_or(NULL)
    }

    /// Bytes.
    pub(crate) fn bytes(&self, index: usize) -> Result<Vec<u8>, StoreError> {
        self.bytes_or_null(index)?.ok_or(NULL)
    }

    /// A SHA-256.
    pub(crate) fn hash(&self, index: usize, column: &'static str) -> Result<[u8; 32], StoreError> {
        self.bytes(index)?.try_into().map_err(|_| StoreError::Corrupt(column))
    }

    /// An instant, kept as microseconds of UTC.
    pub(crate) fn instant(&self, index: usize, column: &'static str) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(self.int(index)?).map_err(|_| StoreError::Corrupt(column))
    }

    /// An instant or NULL.
    pub(crate) fn instant_or_null(
        &self,
        index: usize,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        let Some(microseconds) = self.int_or_null(index)? else { return Ok(None) };
        Timestamp::from_microsecond(microseconds).map(Some).map_err(|_| StoreError::Corrupt(column))
    }

    /// Text that reads as `T`: an id, a date, a word of a closed set.
    pub(crate) fn read<T: FromStr>(&self, index: usize, column: &'static str) -> Result<T, StoreError> {
        self.str(index)?.parse().map_err(|_| StoreError::Corrupt(column))
    }

    /// Text that reads as `T`, or NULL.
    pub(crate) fn read_or_null<T: FromStr>(
        &self,
        index: usize,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        self.str_or_null(index)?.map(|text| text.parse().map_err(|_| StoreError::Corrupt(column))).transpose()
    }

    /// Text that becomes a `T` by `make`: a name.
    pub(crate) fn named<T, E>(
        &self,
        index: usize,
        column: &'static str,
        make: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, StoreError> {
        make(self.str(index)?).map_err(|_| StoreError::Corrupt(column))
    }

    /// Names with blanks between them, or none.
    pub(crate) fn names<T, E>(
        &self,
        index: usize,
        column: &'static str,
        make: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, StoreError> {
        let split = self.str(index)?.split_ascii_whitespace();
        split.map(|name| make(name).map_err(|_| StoreError::Corrupt(column))).collect()
    }
}

const NULL: StoreError = StoreError::Corrupt("a column that must not be empty");
