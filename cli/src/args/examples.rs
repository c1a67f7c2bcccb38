//! What `--help` opens with. Every line that starts with `tessera` is a command that parses and fits a
//! terminal of 100 columns; tests run them all.

pub(crate) const TOP: &str = "\
Examples:
  tessera render scene.glb -o picture.exr
  tessera scene check scene.glb
  tessera quote scene.glb
  tessera coordinator --listen 127.0.0.1:7411 --data farm
  tessera demo --nodes 2";
pub(crate) const RENDER: &str = "\
Examples:
  tessera render scene.glb -o picture.exr
  tessera render scene.glb -o picture.exr --direct --size 960x540 --spp 256
  tessera render scene.glb -o shot.####.exr --frames 1-24 --camera Main
  tessera render scene.glb -o picture.exr --env studio.hdr --env-rotate 90
  tessera render scene.glb -o picture.exr --viewer
  tessera render scene.glb -o shot.####.exr --frames 3 --openjd";
pub(crate) const COORDINATOR: &str = "\
Examples:
  tessera coordinator --listen 127.0.0.1:7411 --data farm
  tessera coordinator --listen 0.0.0.0:7411 --data farm --blobs sealed
  tessera coordinator --listen 0.0.0.0:7411 --data farm --announce 'Edit suite'
  tessera coordinator --listen 0.0.0.0:7411 --data farm --metrics 9463";
pub(crate) const NEARBY: &str = "\
Examples:
  tessera nearby
  tessera nearby --seconds 10 --json";
pub(crate) const NODE: &str = "\
Examples:
  tessera node --coordinator 'tessera://HOST:PORT#KEY' --data node
  tessera node --coordinator 'tessera://HOST:PORT#KEY' --gpu 0 --vram-limit 4096 --once
  tessera node --coordinator 'tessera://HOST:PORT#KEY' --gpu all --data /var/lib/tessera
  tessera node --coordinator 'tessera://HOST:PORT#KEY' --rules rules.toml
  tessera node --coordinator 'tessera://HOST:PORT#KEY' --data node --metrics 9464
  tessera node status";
pub(crate) const NODE_STATUS: &str = "\
Examples:
  tessera node status
  tessera node status --data node --json";
pub(crate) const NODE_PAUSE: &str = "\
Examples:
  tessera node pause
  tessera node pause --until hour
  tessera node pause --until tomorrow --data node";
pub(crate) const NODE_RESUME: &str = "\
Examples:
  tessera node resume";
pub(crate) const NODE_FINISH: &str = "\
Examples:
  tessera node finish
  tessera node finish --wait 50";
pub(crate) const NODE_RULES: &str = "\
Examples:
  tessera node rules
  tessera node rules --desktop
  tessera node rules rules.toml";
pub(crate) const REFEREE: &str = "\
Examples:
  tessera referee --coordinator 'tessera://HOST:PORT#KEY' --data referee
  tessera referee --coordinator 'tessera://HOST:PORT#KEY' --gpu 0";
pub(crate) const SUBMIT: &str = "\
Examples:
  tessera submit scene.glb --coordinator 'tessera://HOST:PORT#KEY' -o picture.exr
  tessera submit scene.glb --coordinator 'tessera://HOST:PORT#KEY' -o shot.####.exr --frames 1-9
  tessera submit scene.glb --coordinator 'tessera://HOST:PORT#KEY' -o picture.exr --detach
  tessera submit scene.glb --coordinator 'tessera://HOST:PORT#KEY' -o picture.exr --viewer";
pub(crate) const QUOTE: &str = "\
Examples:
  tessera quote scene.glb
  tessera quote scene.glb --size 3840x2160 --spp 1024 --json
  tessera quote scene.glb --frames 1-48 --coordinator 'tessera://HOST:PORT#KEY'
  tessera quote scene.glb --coordinator 'tessera://HOST:PORT#KEY' --max-price 1500";
pub(crate) const COLLECT: &str = "\
Examples:
  tessera collect 00112233445566778899aabbccddeeff";
pub(crate) const WATCH: &str = "\
Examples:
  tessera watch 'tessera://HOST:PORT#KEY'
  tessera watch 00112233445566778899aabbccddeeff --viewer
  tessera watch 00112233445566778899aabbccddeeff --tev
  tessera watch 'tessera://HOST:PORT/view/00112233445566778899aabbccddeeff#k=KEY&c=KEY'";
pub(crate) const JOBS: &str = "\
Examples:
  tessera jobs
  tessera jobs --json";
pub(crate) const PAUSE: &str = "\
Examples:
  tessera pause 00112233445566778899aabbccddeeff";
pub(crate) const RESUME: &str = "\
Examples:
  tessera resume 00112233445566778899aabbccddeeff";
pub(crate) const CANCEL: &str = "\
Examples:
  tessera cancel 00112233445566778899aabbccddeeff";
pub(crate) const SHARE: &str = "\
Examples:
  tessera share 00112233445566778899aabbccddeeff
  tessera share 00112233445566778899aabbccddeeff --revoke";
pub(crate) const EARNINGS: &str = "\
Examples:
  tessera earnings --coordinator 'tessera://HOST:PORT#KEY' --data node";
pub(crate) const STATEMENT: &str = "\
Examples:
  tessera statement --coordinator 'tessera://HOST:PORT#KEY' --data node
  tessera statement --coordinator 'tessera://HOST:PORT#KEY' --data node --format json";
pub(crate) const VERIFY: &str = "\
Examples:
  tessera verify picture.exr";
pub(crate) const BENCH: &str = "\
Examples:
  tessera bench
  tessera bench --gpu 0 --json";
pub(crate) const SCENE: &str = "\
Examples:
  tessera scene check scene.glb";
pub(crate) const SCENE_CHECK: &str = "\
Examples:
  tessera scene check scene.glb
  tessera scene check scene.gltf --json";
pub(crate) const EXR: &str = "\
Examples:
  tessera exr info picture.exr
  tessera exr diff picture.exr reference.exr --max-rel-mse 0.01
  tessera exr to-png picture.exr -o picture.png";
pub(crate) const EXR_INFO: &str = "\
Examples:
  tessera exr info picture.exr";
pub(crate) const EXR_DIFF: &str = "\
Examples:
  tessera exr diff picture.exr reference.exr
  tessera exr diff picture.exr reference.exr --max-rel-mse 0.01";
pub(crate) const EXR_CHECK: &str = "\
Examples:
  tessera exr check picture.exr";
pub(crate) const EXR_DENOISE: &str = "\
Examples:
  tessera exr denoise noisy.exr -o clean.exr
  tessera exr denoise noisy.exr -o clean.exr --weights small.tdn --exposure 0.5";
pub(crate) const EXR_TO_PNG: &str = "\
Examples:
  tessera exr to-png picture.exr
  tessera exr to-png picture.exr -o bright.png --exposure 1.5";
pub(crate) const OPENJD: &str = "\
Examples:
  tessera openjd template scene.glb -o shot.####.exr --frames 1-24 --save job.yaml
  tessera openjd check job.yaml";
pub(crate) const OPENJD_TEMPLATE: &str = "\
Examples:
  tessera openjd template scene.glb -o picture.exr --size 1920x1080 --spp 256
  tessera openjd template scene.glb -o shot.####.exr --frames 1-24 --save job.yaml
  tessera openjd template scene.glb -o shot.####.exr --frames 1-240 --chunk 8 --bundle shot
  tessera openjd template scene.glb -o picture.exr --coordinator 'tessera://HOST:PORT#KEY'";
pub(crate) const OPENJD_CHECK: &str = "\
Examples:
  tessera openjd check job.yaml
  tessera openjd check job.yaml --json";
pub(crate) const DOCTOR: &str = "\
Examples:
  tessera doctor
  tessera doctor --json";
pub(crate) const DEMO: &str = "\
Examples:
  tessera demo --nodes 3
  tessera demo --nodes 4 --liars 2
  tessera demo --nodes 2 -o demo.exr";
pub(crate) const COMPLETIONS: &str = "\
Examples:
  tessera completions bash
  tessera completions zsh
  tessera completions fish";
pub(crate) const MAN: &str = "\
Examples:
  tessera man
  tessera man -o pages";
