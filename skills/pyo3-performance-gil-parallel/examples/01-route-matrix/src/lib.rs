//! Travel times between the points of a road graph, by Dijkstra's algorithm.

pub mod graph;
mod road_graph;
pub mod search;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::road_graph::RoadGraph;
}
