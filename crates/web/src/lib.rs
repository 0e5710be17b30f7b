//! HTTP and HTML, and nothing else in the house knows either: routes, pages, the drawings on them, the assets.

pub mod art;
pub mod assets;
pub mod frame;
pub mod pages;
pub mod routes;
pub mod view;
