# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be changed in a scene before it is glTF. Everything here works on a copy that is thrown away."""
