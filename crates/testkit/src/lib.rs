//! Test databases of both engines, and small builders; for tests only.
