//! The messages as people and servers see them: their words, and what arrives at a mail server.

mod letters;
mod sending;
mod sink;
mod words;
