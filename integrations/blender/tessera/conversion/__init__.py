# SPDX-License-Identifier: MIT OR Apache-2.0
"""What has to be changed in a scene before it is glTF. Everything here works on a copy that is thrown away."""
