//! The place that updates come from: an address for each channel and the public key that signs them, both fixed when the program is built.

/// What stands for the channel's name in an address.
const CHANNEL: &str = "{channel}";

/// An address and a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// minisign's public key as Tauri writes it: base64 of the two lines of a `.pub` file.
    pub key: String,
    url: String,
}

impl Place {
    /// The place that this build knows: `TESSERA_UPDATE_KEY` and `TESSERA_UPDATE_URL` as they stood when it was compiled.
    ///
    /// A debug build takes `TESSERA_UPDATE_TRY_KEY` and `TESSERA_UPDATE_TRY_URL` from its surroundings before that, so that tests can serve
    /// updates of their own. It cannot weaken a release: the code that reads them is compiled with debug assertions alone, and whoever could
    /// set variables for a debug build could as well start another program.
    pub fn of_this_build() -> Option<Self> {
        #[cfg(debug_assertions)]
        {
            let tried = |name: &str| std::env::var(name).ok();
            let (key, url) = (tried("TESSERA_UPDATE_TRY_KEY"), tried("TESSERA_UPDATE_TRY_URL"));
            if let Some(place) = Self::parse(key.as_deref(), url.as_deref(), is_secure_or_here) {
                return Some(place);
            }
        }
        Self::parse(option_env!("TESSERA_UPDATE_KEY"), option_env!("TESSERA_UPDATE_URL"), is_secure)
    }

    fn parse(key: Option<&str>, url: Option<&str>, is_allowed: fn(&str) -> bool) -> Option<Self> {
        let given =
            |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let place = Self { key: given(key)?, url: given(url)? };
        (is_allowed(&place.url) && place.url.contains(CHANNEL)).then_some(place)
    }

    /// The address of a channel's list.
    pub fn address(&self, channel: &str) -> String {
        self.url.replace(CHANNEL, channel)
    }

    /// Whether a package may be fetched from there: the signature protects it, and nobody on the way need know of it.
    pub fn may_fetch(address: &str) -> bool {
        is_secure(address) || cfg!(debug_assertions) && is_secure_or_here(address)
    }
}

fn is_secure(url: &str) -> bool {
    url.starts_with("https://")
}

fn is_secure_or_here(url: &str) -> bool {
    is_secure(url) || url.starts_with("http://127.0.0.1:")
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://updates.example/{channel}/latest.json";

    #[test]
    fn a_place_has_a_key_and_a_secure_address_with_a_channel_in_it() {
        let parse = |key, url| Place::parse(Some(key), Some(url), is_secure);
        let place = parse(" key \n", URL).expect("both are right");
        assert_eq!(place.key, "key");
        assert_eq!(place.address("preview"), "https://updates.example/preview/latest.json");
        assert_eq!(parse("", URL), None);
        assert_eq!(parse("key", ""), None);
        assert_eq!(Place::parse(None, Some(URL), is_secure), None);
        assert_eq!(parse("key", "https://updates.example/latest.json"), None, "both channels would be one");
        assert_eq!(parse("key", "http://updates.example/{channel}.json"), None);
        assert_eq!(parse("key", "http://127.0.0.1:1/{channel}.json"), None, "a release knows no such thing");
    }

    #[test]
    fn tests_may_serve_updates_on_this_computer_and_nowhere_else() {
        let parse = |url| Place::parse(Some("key"), Some(url), is_secure_or_here);
        assert!(parse("http://127.0.0.1:1/{channel}.json").is_some());
        assert!(parse("http://127.0.0.1.example/{channel}.json").is_none());
        assert!(parse("http://192.168.0.2:1/{channel}.json").is_none());
        assert!(!Place::may_fetch("http://updates.example/Tessera.AppImage"));
    }
}
