//! `/api/v2/contest`: the vibration contest for pages and programs.
//!
//! Owns one table, `endpoint`, of all its paths with who may ask and what they answer; routes, rights and
//! the OpenAPI document are made from it, so they cannot tell different stories. Decides nothing about
//! runs or points: it asks the contest. Read `endpoint`, then `call`.

mod answer;
mod asked;
mod call;
mod clears;
mod docs;
mod endpoint;
mod exports;
mod fault;
mod judge;
mod openapi;
mod points;
mod query;
mod read;
mod routes;
mod schemas;
mod self_test;
mod sheet;
mod teams;

pub(super) use routes::routes;
