//! Light: a scene file in, a packed scene out; a packed scene and an order in, planes out.

pub mod albedo;
pub mod alias;
pub mod import;
pub mod lights;
pub mod quantiles;
pub mod reference;
pub mod scene;
