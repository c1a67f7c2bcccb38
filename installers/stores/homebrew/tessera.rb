cask "tessera" do
  arch arm: "aarch64", intel: "x64"

  version "@version@"
  sha256 arm:   "@dmg-arm.sha256@",
         intel: "@dmg-intel.sha256@"

  url "@url@/Tessera_#{version}_#{arch}.dmg"
  name "@name@"
  desc "@short@"
  homepage "@home@"

  # It can replace itself when its owner wants that.
  auto_updates true
  depends_on macos: ">= :monterey"

  app "Tessera.app"

  # The folder with the node's key is left alone: it owns the node's earnings.
  zap trash: [
    "~/Library/Caches/org.tessera.desktop",
    "~/Library/Caches/tessera",
    "~/Library/WebKit/org.tessera.desktop",
  ]
end
