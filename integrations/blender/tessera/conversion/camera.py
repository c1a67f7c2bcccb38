# SPDX-License-Identifier: MIT OR Apache-2.0
"""The camera: glTF has where it stands and how wide it sees; its lens and its shift travel in notes that Tessera reads."""

import math

# What Tessera reads in a camera's extras.
LENS = "tessera_lens"
SHIFT = "tessera_shift"


def made_portable(scene, camera, is_still):
    """Writes the notes; sentences about what the camera has and the picture will lack."""
    told = _left_out(scene, camera)
    shift = _shift_in_heights(scene.render, camera.data)
    if shift != [0.0, 0.0]:
        camera.data[SHIFT] = shift
    dof = camera.data.dof
    if not dof.use_dof or camera.data.type == "PANO":
        return told
    if camera.data.type == "ORTHO":
        return [*told, f'The depth of field of "{camera.name}" is left out, for it is orthographic; everything is sharp']
    camera.data[LENS] = _lens(camera)
    if dof.focus_object and not is_still:
        told.append(f'The focus of "{camera.name}" does not follow "{dof.focus_object.name}"; it stays at the distance of the first frame')
    return told


def _left_out(scene, camera):
    told = []
    if camera.data.type == "PANO":
        told.append(f'"{camera.name}" is a panorama; Tessera has perspective and orthographic cameras')
    if scene.render.film_transparent:
        told.append("The world is seen behind the scene; Film > Transparent changes the alpha alone")
    if scene.render.pixel_aspect_x != scene.render.pixel_aspect_y:
        told.append("Pixels are square; the pixel aspect is left out")
    return told


def _shift_in_heights(render, lens):
    """Blender counts in that side of the picture to which the sensor is fitted."""
    wide, high = render.resolution_x * render.pixel_aspect_x, render.resolution_y * render.pixel_aspect_y
    is_fitted_across = lens.sensor_fit == "HORIZONTAL" or lens.sensor_fit == "AUTO" and wide > high
    side = wide / high if is_fitted_across else 1.0
    return [lens.shift_x * side, lens.shift_y * side]


def _lens(camera):
    lens, dof = camera.data, camera.data.dof
    blades = dof.aperture_blades if dof.aperture_blades >= 3 else 0
    return {
        # The focal length is in millimetres.
        "radius": 1e-3 * lens.lens / (2.0 * max(dof.aperture_fstop, 1e-5)),
        "focus_distance": max(_focus_distance(camera), 1e-4),
        "blades": blades,
        # Tessera's first corner is where it says, Blender's half a blade further.
        "rotation": dof.aperture_rotation + (math.pi / blades if blades else 0.0),
        "squeeze": 1.0 / dof.aperture_ratio,
    }


def _focus_distance(camera):
    """Along the camera's axis, as far as the object or bone that is to be sharp."""
    dof = camera.data.dof
    aim = dof.focus_object
    if not aim:
        return dof.focus_distance
    place = aim.matrix_world.translation
    bone = aim.pose.bones.get(dof.focus_subtarget) if aim.type == "ARMATURE" and aim.pose else None
    if bone:
        place = (aim.matrix_world @ bone.matrix).translation
    eye = camera.matrix_world
    return abs((place - eye.translation).dot(eye.col[2].to_3d().normalized()))
