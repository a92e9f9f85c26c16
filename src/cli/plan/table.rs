//! A plan for people.

use super::load::Routing;
use super::need::Need;
use super::{Plan, Row};

const HEAD: [&str; 2] = [
    "                  |                       each node                       |                      Redis",
    " nodes  routing   |   heard/s    cores  adapter  in Mbit  out Mbit     MiB |  commands/s  delivers/s  cores  servers     MiB",
];

/// The table and the verdict.
pub(super) fn text(plan: &Plan) -> String {
    let demand = &plan.demand;
    let mut text = format!(
        "{} connections on {} channels, {} events a second of {} bytes: {} deliveries a second.\n\n{}\n",
        whole(demand.connections),
        whole(plan.channels),
        whole(demand.events),
        whole(demand.data_bytes),
        whole(plan.deliveries),
        HEAD.join("\n"),
    );
    plan.rows.iter().for_each(|row| text += &line(row));
    text += "\nEach node: the mean; ";
    let busiest = plan.rows.iter().map(|row| row.busiest).fold(1.0, f64::max);
    text += &format!("the busiest delivers up to {:.0} % more.", (busiest - 1.0) * 100.0);
    text += " Cores: how many are busy. Adapter: of its one core.\n\n";
    text += &verdict(Routing::Interest, &plan.interest);
    text += &verdict(Routing::Broadcast, &plan.broadcast);
    if plan.interest.nodes.is_some_and(|nodes| nodes > 1) {
        let seconds = plan.interest.drain_seconds.ceil().max(1.0);
        text += &format!("drain      server.drain = \"{seconds:.0}s\" or more, for all who come back at once.\n");
    }
    text
}

fn line(row: &Row) -> String {
    let (node, redis) = (&row.load.node, &row.load.redis);
    let servers = row.redis_servers.map_or_else(|| "> 64".to_owned(), |servers| servers.to_string());
    format!(
        "{:>6}  {:<9} | {:>9}  {:>7.2}  {:>5.0} %  {:>7}  {:>8}  {:>6} | {:>11}  {:>10}  {:>5.2}  {:>7}  {:>6}\n",
        whole(f64::from(row.nodes)),
        name(row.routing),
        whole(node.heard),
        node.cores,
        node.adapter_cores * 100.0,
        whole(node.in_mbit),
        whole(node.out_mbit),
        whole(node.memory_mib),
        whole(redis.commands),
        whole(redis.deliveries),
        redis.cores,
        servers,
        whole(redis.memory_mib),
    )
}

fn verdict(routing: Routing, need: &Need) -> String {
    let way = name(routing);
    let share = need.bottleneck.share * 100.0;
    let what = need.bottleneck.what;
    let Some(nodes) = need.nodes else {
        return format!("{way:<9}  no number of nodes is enough: {what} would need {share:.0} % of what there is.\n");
    };
    let redis = match need.redis_servers {
        Some(0) => "no Redis".to_owned(),
        Some(1) => format!("one Redis server, {:.2} cores busy", need.redis_cores),
        Some(servers) => format!("a Redis Cluster of {servers} masters, {:.2} cores busy", need.redis_cores),
        None => format!("more than a Redis Cluster can do, {:.2} cores busy", need.redis_cores),
    };
    let spare = if nodes == 1 { "1 node".to_owned() } else { format!("{nodes} nodes, one of them to spare") };
    format!(
        "{way:<9}  {spare}; {redis}.\n{:11}First to run out: {what}, of which {share:.0} % of what may be is used.\n",
        ""
    )
}

const fn name(routing: Routing) -> &'static str {
    match routing {
        Routing::Interest => "interest",
        Routing::Broadcast => "broadcast",
    }
}

/// A number without fraction, its thousands apart.
fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let shown = [0.0, 7.4, 999.6, 12_345.0, 1_000_000.0].map(whole);
        assert_eq!(shown, ["0", "7", "1,000", "12,345", "1,000,000"]);
    }
}
