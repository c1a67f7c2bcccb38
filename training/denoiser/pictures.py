"""Renders the pictures that compare.py and studies.py take, from scenes that nothing was trained on.

    python pictures.py --tessera target/release/tessera --scenes ../shared/scenes --out PICTURES

`scenes.json` in that folder says how each is seen (its size, camera, time, environment). A file is PICTURES/SCENE.SPP.SEED.exr; the two with
most samples are each other's control and together the reference. What exists is not rendered again. With --frames, each frame of an animation is
a scene of its own, SCENE_0000 and so on, and has the layer motion.
"""

import argparse
import json
import os
import subprocess

LAYERS = "beauty,albedo,normal,depth,variance,samples"
# Samples per pixel and seed: what is most wanted first.
PICTURES = ((16, 13), (96, 101), (96, 102), (4, 12), (1, 11), (64, 14))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tessera", required=True)
    parser.add_argument("--scenes", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--only", nargs="*", help="these scenes")
    parser.add_argument("--size", help="WxH instead of each scene's own")
    parser.add_argument("--frames", type=int, help="so many frames from the first one on, instead of the scene's time")
    parser.add_argument("--pictures", nargs="*", help="SPP:SEED … instead of the usual ones")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    with open(os.path.join(args.scenes, "scenes.json")) as file:
        scenes = [scene for scene in json.load(file) if not args.only or scene["id"] in args.only]
    pictures = [tuple(map(int, one.split(":"))) for one in args.pictures or []] or PICTURES
    for spp, seed in pictures:
        for scene in scenes:
            render(args, scene, spp, seed)


def render(args, scene, spp, seed):
    name = f"{scene['id']}_####" if args.frames else scene["id"]
    out = os.path.join(args.out, f"{name}.{spp}.{seed}.exr")
    if os.path.exists(out.replace("####", f"{(args.frames or 1) - 1:04}")):
        return
    environment = os.path.join(args.scenes, scene["env"]) if scene["env"] else "none"
    command = [args.tessera, "render", os.path.join(args.scenes, scene["file"]), "-o", out, "--direct", "--denoise", "off", "--layers", LAYERS + ",motion" * bool(args.frames)]
    command += ["--size", args.size or f"{scene['width']}x{scene['height']}", "--spp", str(spp), "--seed", str(seed), "--max-bounces", "8"]
    command += ["--frames", f"0-{args.frames - 1}"] if args.frames else ["--time", str(scene["time"])]
    command += ["--env", environment, "--env-strength", str(scene["env_strength"])]
    if scene.get("camera_node"):
        command += ["--camera", scene["camera_node"]]
    done = subprocess.run(command, capture_output=True, text=True)
    print(scene["id"], spp, "done" if done.returncode == 0 else done.stderr.strip().splitlines()[-2:], flush=True)


if __name__ == "__main__":
    main()
