# SPDX-License-Identifier: GPL-3.0-or-later
"""The passes of a view layer: which are wanted, what they are called, and what a matte needs beside them."""

# Blender's own switches of a view layer: channels, their letters, their kind, and the switch.
_SWITCHED = {
    "Depth": (1, "Z", "VALUE", "use_pass_z"),
    "Position": (3, "XYZ", "VECTOR", "use_pass_position"),
    "Vector": (4, "XYZW", "VECTOR", "use_pass_vector"),
    "CryptoObject": (4, "rgba", "COLOR", "use_pass_cryptomatte_object"),
    "CryptoMaterial": (4, "rgba", "COLOR", "use_pass_cryptomatte_material"),
}
# The same for passes that only we have: their switches are in the scene's settings.
_OURS = {
    "Noisy Image": (3, "RGB", "COLOR", "with_noisy"),
    "Denoising Albedo": (3, "RGB", "COLOR", "with_features"),
    "Denoising Normal": (3, "XYZ", "VECTOR", "with_features"),
    "Debug Sample Count": (1, "X", "VALUE", "with_samples"),
}
_MATTE_PARTS = 4


def wanted(settings, view_layer):
    """Names of the passes beside Combined, as `order.LAYER_OF_PASS` has them."""
    switched = [name for name, (*_, switch) in _SWITCHED.items() if getattr(view_layer, switch)]
    return switched + [name for name, (*_, switch) in _OURS.items() if getattr(settings, switch)]


def channels(names):
    """The passes as Blender is told them: name, channels, letters, kind. A matte has several."""
    for name in names:
        count, letters, kind, _ = {**_SWITCHED, **_OURS}[name]
        if name.startswith("Crypto"):
            yield from ((f"{name}{part:02}", count, letters, kind) for part in range(_MATTE_PARTS))
        else:
            yield name, count, letters, kind


def matte_fields(exr_info, view_layer):
    """What Cryptomatte wants in a picture's metadata, from the events of `tessera exr info --json`: pairs of name and text."""
    for event in exr_info:
        for part in event.get("value", {}).get("parts", []):
            for name, value in part["attributes"]:
                if name.startswith("cryptomatte/"):
                    yield name, value.replace("ViewLayer.", f"{view_layer}.", 1) if name.endswith("/name") else value
