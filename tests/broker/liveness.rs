//! Who counts as alive (protocol reference 1.7). Probe interval and patience are one second each.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::support::{Client, DEADLINE, Dial, Frame, Opcode, TestBroker, frame, within};

const SECOND: Duration = Duration::from_secs(1);
/// Timers may be coarse, and the machine busy.
const SLACK: Duration = Duration::from_secs(3);

async fn impatient_broker() -> TestBroker {
    TestBroker::with_app(|app| {
        app.activity_timeout = SECOND;
        app.pong_timeout = SECOND;
    })
    .await
}

/// Reads until this many control pings have come, and answers them; other frames must not come.
async fn answer_probes(client: &mut Client, count: usize) {
    for _ in 0..count {
        let probe = client.next_frame().await;
        assert_eq!(probe.opcode, Opcode::Ping, "{probe:?}");
        client.send_raw(&frame(Opcode::Pong, &probe.payload)).await;
    }
}

/// C-052.
#[tokio::test]
async fn a_silent_client_is_probed_with_a_control_ping() {
    let broker = impatient_broker().await;
    let mut client = broker.connect().await;
    let connected = Instant::now();
    let probe = client.next_frame().await;
    assert_eq!(probe.opcode, Opcode::Ping, "{probe:?}");
    let silence = connected.elapsed();
    assert!(silence > SECOND * 9 / 10 && silence < SECOND + SLACK, "probed after {silence:?}");
}

/// C-053, C-057, C-251. Nothing but control pongs, over several times interval and patience.
#[tokio::test]
async fn a_client_that_only_answers_control_pings_stays_connected() {
    let broker = impatient_broker().await;
    let mut client = broker.dial(Dial::query("client=java-client&protocol=5&version=2.4.4")).await;
    client.established(1).await;
    answer_probes(&mut client, 5).await;
    client.quiet().await;
}

/// C-054.
#[tokio::test]
async fn a_client_that_answers_nothing_is_closed_with_4201() {
    let broker = impatient_broker().await;
    let mut client = broker.connect().await;
    client.answers_pings = false;
    let connected = Instant::now();
    client.expect_refusal(4201).await;
    let silence = connected.elapsed();
    assert!(silence > SECOND * 19 / 10 && silence < SECOND * 2 + SLACK, "closed after {silence:?}");
}

/// C-052, C-054. Many, at all moments of the broker's clock: none is forgotten.
#[tokio::test]
async fn every_silent_client_is_probed_and_closed() {
    let broker = impatient_broker().await;
    let address = broker.address;
    let mut clients = JoinSet::new();
    for _ in 0..400 {
        clients.spawn(async move {
            let mut client = Dial::query("protocol=7").send(address, &[]).await;
            client.established(1).await;
            assert_eq!(client.next_frame().await.opcode, Opcode::Ping);
            client.expect_refusal(4201).await;
        });
        // Spreads them over the second.
        broker.connect().await.quiet().await;
    }
    clients.join_all().await;
}

/// C-054. A machine that lost its power sends nothing, not even a FIN; others must learn of it.
#[tokio::test]
async fn a_vanished_member_is_removed() {
    let broker = impatient_broker().await;
    let mut watcher = broker.connect().await;
    watcher.subscribe_signed("presence-room", Some(r#"{"user_id":"1"}"#)).await;
    let mut vanished = broker.connect().await;
    vanished.subscribe_signed("presence-room", Some(r#"{"user_id":"2"}"#)).await;
    watcher
        .expect(r#"{"event":"pusher_internal:member_added","channel":"presence-room","data":"{\"user_id\":\"2\"}"}"#)
        .await;
    watcher
        .expect(r#"{"event":"pusher_internal:member_removed","channel":"presence-room","data":"{\"user_id\":\"2\"}"}"#)
        .await;
    assert_eq!(broker.channel("presence-room", "subscription_count").await["subscription_count"], 1);
    drop(vanished);
}

/// C-055. Busy listeners send nothing for hours.
#[tokio::test]
async fn constant_traffic_does_not_replace_probes_and_does_not_kill() {
    let broker = impatient_broker().await;
    let mut listener = broker.connect().await;
    listener.subscribe("chat").await;
    let mut deaf = broker.connect().await;
    deaf.subscribe("chat").await;
    deaf.answers_pings = false;

    let mut publisher = broker.http_connection().await;
    let mut ticks = interval(Duration::from_millis(50));
    let traffic = async {
        // Eighty events take four seconds, which is twice interval and patience.
        for n in 0..80 {
            ticks.tick().await;
            let body = format!(r#"{{"name":"tick","channel":"chat","data":"{n}"}}"#);
            let app = crate::support::APP;
            assert_eq!(publisher.signed(app, "POST", "/apps/1001/events", &body).await.status, 200);
            listener.expect(&format!(r#"{{"event":"tick","channel":"chat","data":"{n}"}}"#)).await;
        }
        listener.quiet().await;
    };
    let death = async {
        // What it hears does not prove that it lives.
        while deaf.next().await.contains("tick") {}
        deaf.expect_close(4201).await;
    };
    tokio::join!(traffic, death);
}

/// C-056. Messages, pings and pongs all prove life: no probe comes while they do.
#[tokio::test]
async fn any_frame_from_the_client_restarts_the_probe_timer() {
    let broker = impatient_broker().await;
    let sent = [
        frame(Opcode::Text, br#"{"event":"pusher:ping"}"#),
        frame(Opcode::Text, br#"{"event":"pusher:pong"}"#),
        frame(Opcode::Ping, b""),
        frame(Opcode::Pong, b""),
    ];
    let lives = sent.map(|bytes| live_by(&broker, bytes));
    let [first, second, third, fourth] = lives;
    tokio::join!(first, second, third, fourth);
}

/// Sends `bytes` every 300 ms for three seconds; the broker must not ask whether anybody is there.
async fn live_by(broker: &TestBroker, bytes: Vec<u8>) {
    let mut client = broker.connect().await;
    let mut ticks = interval(Duration::from_millis(300));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..10 {
        ticks.tick().await;
        client.send_raw(&bytes).await;
    }
    // All that has come meanwhile are answers.
    client.send(r#"{"event":"foo"}"#).await;
    loop {
        let Frame { opcode, payload } = client.next_frame().await;
        assert_ne!(opcode, Opcode::Ping, "a probe, although {bytes:?} came all the time");
        if payload.starts_with(br#"{"event":"pusher:error""#) {
            break;
        }
    }
}

/// C-057. Whoever answers a probe with a `pusher:pong` event alone has shown life as well.
#[tokio::test]
async fn a_message_is_as_good_an_answer_as_a_control_pong() {
    let broker = impatient_broker().await;
    let mut client = broker.connect().await;
    for _ in 0..3 {
        assert_eq!(client.next_frame().await.opcode, Opcode::Ping);
        client.send(r#"{"event":"pusher:pong","data":{}}"#).await;
    }
    client.quiet().await;
}

/// C-054. The broker waits for our Close a limited time only.
#[tokio::test]
async fn a_peer_that_never_answers_the_close_is_dropped() {
    let broker = TestBroker::with(|config| config.server.close_timeout = SECOND).await;
    let mut client = broker.dial(Dial::query("protocol=3")).await;
    client.expect_error(Some(4007)).await;
    assert_eq!(client.next_frame().await.opcode, Opcode::Close);
    let closed = Instant::now();
    client.expect_end().await;
    assert!(closed.elapsed() < DEADLINE / 2, "dropped after {:?}", closed.elapsed());
}

/// The closing handshake that the peer begins ends at once.
#[tokio::test]
async fn a_client_that_closes_is_not_kept_waiting() {
    let broker = TestBroker::start().await;
    let client = broker.connect().await;
    let started = Instant::now();
    within("the closing handshake", client.close()).await;
    assert!(started.elapsed() < SECOND, "{:?}", started.elapsed());
}
