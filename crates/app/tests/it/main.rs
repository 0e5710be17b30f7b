//! The integration tests of the crate, in one binary: the main journey over a real store of each engine.

mod booking;
mod day_plan;
mod desk;
mod diary;
mod house;
mod letters;
mod mail;
mod moving;
mod needling;
mod on_call;
mod protocols;
mod screening;
mod servers;
mod settings;
mod staff;
mod wait_list;
