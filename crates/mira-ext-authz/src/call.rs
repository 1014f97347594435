//! One unary gRPC call over HTTP/2: a message in a frame of five bytes, and the
//! status in the trailers ("gRPC over HTTP2", §Requests, §Responses).

use axum::body::Body;
use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, HeaderName, Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use prost::Message;

const GRPC: &[u8] = b"application/grpc";
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// Whether it is compressed, and its length.
const FRAME: usize = 1 + 4;
/// A head has 32 KiB at most; what else a call may say is not read.
const MAX_CALL: usize = 1024 * 1024;

/// Why a call has no answer, which a proxy takes for "not known".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the service has no such method")]
    UnknownMethod,
    #[error("compressed messages are not read")]
    Compressed,
    #[error("the message is not one")]
    Malformed,
    #[error("the message is too large")]
    TooLarge,
}

/// Whether a request with these `headers` speaks gRPC.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(GRPC))
}

/// The message of a call.
pub(crate) async fn read_message<M: Message + Default>(
    request: Request<Body>,
) -> Result<M, Failure> {
    let body = Limited::new(request.into_body(), MAX_CALL).collect().await;
    let body = body.map_err(|_| Failure::TooLarge)?.to_bytes();
    let (frame, message) = body.split_at_checked(FRAME).ok_or(Failure::Malformed)?;
    let [compressed, length @ ..] = frame else {
        return Err(Failure::Malformed);
    };
    if *compressed != 0 {
        return Err(Failure::Compressed);
    }
    let length = length.try_into().map(u32::from_be_bytes);
    if length.ok().and_then(|length| usize::try_from(length).ok()) != Some(message.len()) {
        return Err(Failure::Malformed);
    }
    M::decode(message).map_err(|_| Failure::Malformed)
}

/// The answer that carries `message`.
pub(crate) fn respond(message: &impl Message) -> Response<Body> {
    let length = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(FRAME + length);
    bytes.put_u8(0);
    // An answer of ours is some hundred bytes long.
    bytes.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    bytes.put_slice(&message.encode_to_vec());
    let trailers = async { Some(Ok(HeaderMap::from_iter([(STATUS, HeaderValue::from(0))]))) };
    let body = Full::<Bytes>::from(bytes.freeze()).with_trailers(trailers);
    grpc(Body::new(body))
}

impl Failure {
    /// An answer of trailers alone.
    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = grpc(Body::empty());
        let headers = response.headers_mut();
        headers.insert(STATUS, HeaderValue::from(self.code()));
        if let Ok(text) = HeaderValue::from_str(&self.to_string()) {
            headers.insert("grpc-message", text);
        }
        response
    }

    /// `UNIMPLEMENTED`, `INVALID_ARGUMENT`, `RESOURCE_EXHAUSTED`.
    fn code(self) -> u16 {
        match self {
            Self::UnknownMethod | Self::Compressed => 12,
            Self::Malformed => 3,
            Self::TooLarge => 8,
        }
    }
}

fn grpc(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
