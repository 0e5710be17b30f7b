//! The files as others see them: golden files, properties of any input, and an outside reader.

mod cases;
mod golden;
mod outside;
mod properties;
mod reader;
