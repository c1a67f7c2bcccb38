//! Machinery of the whole-system tests: a farm in one thread under one clock, a database server that goes with its test.

pub mod simulated_farm;
pub mod throwaway_postgres;
