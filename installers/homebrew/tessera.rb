# Template: a release fills in the address and the hash.
cask "tessera" do
  version "0.1.0"
  sha256 "SHA256"

  url "https://RELEASES/v#{version}/Tessera_#{version}_aarch64.dmg"
  name "Tessera"
  desc "Renders glTF scenes on many computers' GPUs, sealed end to end"
  homepage "https://HOMEPAGE"

  depends_on macos: ">= :monterey"

  app "Tessera.app"

  # The folder with the node's key is left alone: it owns the node's earnings.
  zap trash: "~/Library/Caches/tessera"
end
