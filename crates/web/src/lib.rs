//! HTTP and HTML, and nothing else in the house knows either: the server shell, routes, pages, the drawings on them,
//! the assets. It knows no SQL and decides nothing about patients or times.

pub mod art;
pub mod assets;
pub mod fields;
pub mod frame;
pub mod pages;
pub mod prices;
pub mod routes;
pub mod shell;
pub mod site;
pub mod state;
pub mod view;

mod words;
