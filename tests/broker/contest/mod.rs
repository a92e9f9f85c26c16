//! The vibration contest: runs, points and what everybody is told of them.

mod callers;
mod document;
mod downloads;
mod engine;
mod exports;
mod nodes;
mod owner;
mod rest;
mod trigger;
