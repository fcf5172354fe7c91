//! Secure connections, if the feature `https` is on.

#[cfg(feature = "https")]
pub use on::Tls;

#[cfg(not(feature = "https"))]
pub use off::Tls;

#[cfg(feature = "https")]
mod on {
    use std::sync::Arc;

    use tokio::net::TcpStream;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};
    use tokio_rustls::{Connect, TlsConnector};
    use url::Url;

    use crate::errors::{Error, Failure};

    /// Whom a crawl trusts.
    #[derive(Clone)]
    pub struct Tls(TlsConnector);

    impl std::fmt::Debug for Tls {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("Tls")
        }
    }

    impl Tls {
        /// Trusts the authorities that Mozilla does, and those of a PEM file.
        ///
        /// # Errors
        ///
        /// [`Error::Option`] if there is none in it.
        pub fn new(authorities: Option<&[u8]>) -> Result<Self, Error> {
            let mut roots = RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            };
            if let Some(pem) = authorities {
                let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
                let certificates = certificates.unwrap_or_default();
                let count = certificates.len();
                if count == 0 || roots.add_parsable_certificates(certificates).0 < count {
                    return Err(Error::Option("authorities", "certificates in PEM format"));
                }
            }
            let config = ClientConfig::builder().with_root_certificates(roots);
            let connector = TlsConnector::from(Arc::new(config.with_no_client_auth()));
            Ok(Self(connector))
        }

        /// Agrees on keys with a server.
        pub fn connect(&self, url: &Url, stream: TcpStream) -> Result<Connect<TcpStream>, Failure> {
            let host = url.host_str().unwrap_or_default();
            let host = host.trim_matches(['[', ']']).to_owned();
            let name = ServerName::try_from(host).map_err(std::io::Error::other);
            Ok(self.0.connect(name.map_err(Failure::Secure)?, stream))
        }
    }
}

#[cfg(not(feature = "https"))]
mod off {
    use std::future::{Pending, pending};
    use std::io;

    use tokio::net::TcpStream;
    use url::Url;

    use crate::errors::{Error, Failure};

    /// Nobody is trusted.
    #[derive(Clone, Debug)]
    pub struct Tls;

    impl Tls {
        /// There is nothing to trust.
        pub fn new(_: Option<&[u8]>) -> Result<Self, Error> {
            Ok(Self)
        }

        /// There is no such connection.
        pub fn connect(
            &self,
            _: &Url,
            _: TcpStream,
        ) -> Result<Pending<io::Result<TcpStream>>, Failure> {
            drop(pending::<()>());
            Err(Failure::NoHttps)
        }
    }
}
