//! What a bucket costs beside a folder; a measurement, not a test: `cargo test --workspace --lib thousand -- --ignored --nocapture`.

use tokio::task::JoinSet;

use super::*;

const OBJECTS: u32 = 1000;
const AT_ONCE: u32 = 16;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn a_thousand_objects_of_100_kib() {
    let mut of_folder = [0.0; 3];
    for round in 0..2 {
        for site in sites().await {
            let blobs = site.open(limits(1 << 30)).await;
            let mut seconds = [0.0; 3];
            let objects: Vec<(ObjectName, Vec<u8>)> = (0..OBJECTS)
                .map(|number| {
                    let bytes: Vec<u8> = number.to_le_bytes().repeat(25_600);
                    (ObjectName::of(&bytes), bytes)
                })
                .collect();
            let names: Vec<ObjectName> = objects.iter().map(|(name, _)| *name).collect();
            let began = Instant::now();
            let mut puts = JoinSet::new();
            for (name, bytes) in objects {
                if puts.len() >= AT_ONCE as usize {
                    puts.join_next().await;
                }
                let blobs = blobs.clone();
                puts.spawn(async move { blobs.put(NODE, name, bytes, now_ms()).await });
            }
            while puts.join_next().await.is_some() {}
            seconds[0] = began.elapsed().as_secs_f64();
            let began = Instant::now();
            let mut fetches = JoinSet::new();
            for name in names.clone() {
                if fetches.len() >= AT_ONCE as usize {
                    fetches.join_next().await;
                }
                let blobs = blobs.clone();
                fetches.spawn(async move { blobs.read(name, now_ms()).await.expect("stored").len() });
            }
            while fetches.join_next().await.is_some() {}
            seconds[1] = began.elapsed().as_secs_f64();
            let began = Instant::now();
            names.iter().for_each(|name| blobs.deliver(*name, NODE, ARTIST));
            let told = began.elapsed();
            blobs.settled().await;
            seconds[2] = began.elapsed().as_secs_f64();
            assert_eq!(site.files().len(), OBJECTS as usize);
            let kind = if matches!(site, Site::Folder(_)) { "folder" } else { "bucket" };
            let [put, fetch, pass] = seconds;
            eprintln!(
                "round {round}, {kind}: put {put:.3} s, fetch {fetch:.3} s, delivered {pass:.3} s (told in {told:?})"
            );
            match kind {
                "folder" => of_folder = seconds,
                _ => eprintln!(
                    "ratios: {:.1} {:.1} {:.1}",
                    put / of_folder[0],
                    fetch / of_folder[1],
                    pass / of_folder[2]
                ),
            }
        }
    }
}
