//! The users' two files by their old paths (A8.3); the rows themselves are proved with the new paths.

use saluran::measurement::EndedBy;

use crate::support::{ContestBroker, camera_data};

const REALTIME: &str = "Laptop_ID,Team_Name,Category,Timestamp,Realtime_Disp_Puncak_mm,Max_Disp_Puncak_mm,Avg_Disp_Puncak_mm_per_s,Frequency_Hz\n";
const SESSION: &str = "Laptop_ID,Team_Name,Category,Waktu_Detik,Avg_Disp_Puncak_mm_per_s,Max_Disp_Puncak_mm,Realtime_Disp_Puncak_mm,Frequency_Hz,Started_At,Stopped_At\n";

/// A5.4, A8.3: header only while there is nothing; then all points, or a lane's and a frequency's.
#[tokio::test]
async fn the_old_exports_give_the_users_files() {
    let contest = ContestBroker::start().await;
    let empty = contest.old("GET", "/detector-getaran/api/export_realtime.php", "").await;
    assert_eq!((empty.status, empty.body.as_str()), (200, REALTIME));
    assert_eq!(empty.header("content-type"), Some("text/csv; charset=utf-8"));
    let name = empty.header("content-disposition").unwrap();
    assert!(name.starts_with("attachment; filename=\"realtime_data_") && name.ends_with(".csv\""), "{name}");
    contest.run().await;
    let mut camera = contest.raw().await;
    for (lane, distb) in [(1, 1234.5), (2, -2.0)] {
        assert_eq!(camera.acknowledged(camera_data(lane, distb)).await["ok"], true);
    }
    assert_eq!(contest.old("GET", "/api/export_session.php", "").await.body, SESSION, "nothing of what goes on");
    contest.broker.contest().stop(None, EndedBy::Judge).await.unwrap();
    let all = contest.old("GET", "/api/export_realtime.php", "").await.body;
    let lines: Vec<&str> = all.lines().skip(1).collect();
    assert_eq!(lines.len(), 2, "{all}");
    assert!(lines[0].starts_with("1,\"Universitas Udayana_Abhipraya\",baja,\""), "{all}");
    assert!(lines[0].ends_with(",\"1,234.5000\",\"1,234.5000\",\"1,234.5000\",1.5"), "{all}");
    let one = contest.old("GET", "/api/export_session.php?laptop_id=2&frequency=1.5", "").await;
    assert!(one.header("content-disposition").unwrap().contains("session_data_"));
    let line = one.body.strip_prefix(SESSION).unwrap();
    assert!(
        line.starts_with("2,\"Politeknik Negeri Semarang_Tim Seismastha\",baja,00:00,2.0000,2.0000,-2.0000,1.5,\"")
    );
    assert_eq!(line.lines().count(), 1);
    assert_eq!(contest.old("GET", "/api/export_session.php?frequency=2.5", "").await.body, SESSION);
    let wrong = contest.old("GET", "/api/export_session.php?laptop_id=9", "").await;
    assert_eq!((wrong.status, wrong.body.as_str()), (400, "# Error: Invalid laptop_id\n"));
}
