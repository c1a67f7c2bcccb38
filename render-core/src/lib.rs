//! Light: a scene file in, a packed scene out; a packed scene and an order in, planes out.

pub mod import;
pub mod scene;
