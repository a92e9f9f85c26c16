//! The words that users look for in the log (A6.4).

use crate::support::{Dial, HttpConnection, Served, camera_data};

/// C1-18, 20, 25: the console says what it always said, once for each lane, not once for each point.
#[tokio::test]
async fn the_log_has_the_words_that_users_look_for() {
    let folder = std::env::temp_dir().join(format!("saluran-gateway-log-{}", std::process::id()));
    let mut broker = Served::start(&[
        ("SALURAN_CONTEST_ENABLED", "true"),
        ("SALURAN_CONTEST_REALTIME", "true"),
        ("SALURAN_STORE_FOLDER", folder.to_str().unwrap()),
        ("SALURAN_GATEWAY_LISTEN", "127.0.0.1:0"),
    ]);
    let gateway = broker.gateway.unwrap();
    broker.logs("WebSocket Server initialized");
    broker.logs("cameras need no keys");
    let mut camera = Dial::path("/").send(gateway, &[]).await;
    camera.acknowledged(camera_data(1, 1.0)).await;
    broker.logs("Received camera_data laptop_id=1");
    broker.logs("Warning: Tidak ada session aktif laptop_id=1");
    let started = HttpConnection::open(gateway).await.request("GET", "/start_new_session.php", &[], b"").await;
    assert_eq!(started.status, 200);
    for _ in 0..20 {
        camera.acknowledged(camera_data(2, 1.0)).await;
    }
    broker.logs("Data saved to DB session_id=1 laptop_id=2");
    broker.logs("Broadcasted enriched data laptop_id=2 clients=1");
    camera.acknowledged(camera_data(9, 1.0)).await;
    broker.logs("Rejected camera_data reason=\"invalid\"");
    drop(camera);
    broker.logs("Received camera_data so far laptop_id=2 received=20 saved=20");
    broker.terminate();
    let (is_success, log) = broker.wait();
    assert!(is_success, "{log}");
    let lines = log.lines().filter(|line| line.contains("Received camera_data laptop_id=2")).count();
    assert_eq!(lines, 1, "{log}");
    std::fs::remove_dir_all(folder).unwrap();
}
