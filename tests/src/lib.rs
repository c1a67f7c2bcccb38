//! Machinery of the whole-system tests: a farm in one thread under one clock.

pub mod simulated_farm;
