#include "sim/serving/live_mail.hpp"

#include <cstring>

#include "sim/execution/live/wall.hpp"

namespace orrery::sim::serving {
namespace {

using execution::live::Frame;

template <class T>
concept Plain = std::is_trivially_copyable_v<T>;

template <Plain T>
void put(Frame& frame, const T& value) {
  const std::size_t at = frame.size();
  frame.resize(at + sizeof(T));
  std::memcpy(frame.data() + at, static_cast<const void*>(&value), sizeof(T));
}

template <Plain T>
T take(const Frame& frame, std::size_t& at) {
  EXPECT(at + sizeof(T) <= frame.size());
  T value;
  std::memcpy(static_cast<void*>(&value), frame.data() + at, sizeof(T));
  at += sizeof(T);
  return value;
}

template <Plain T>
void put_all(Frame& frame, const std::vector<T>& values) {
  put(frame, values.size());
  for (const T& value : values) put(frame, value);
}

template <Plain T>
std::vector<T> take_all(const Frame& frame, std::size_t& at) {
  std::vector<T> values(take<std::size_t>(frame, at));
  for (T& value : values) value = take<T>(frame, at);
  return values;
}

template <class M>
void set_payload(engine::Event& event, const M& message) {
  std::memcpy(event.payload.data(), static_cast<const void*>(&message), sizeof(M));
}

}  // namespace

void LiveMail::send(const engine::Event& event) {
  Frame frame;
  put(frame, event);
  pack(event, frame);
  courier_.send(rank_of(event.to), std::move(frame));
}

void LiveMail::pack(const engine::Event& event, Frame& frame) {
  switch (event.kind) {
    case Activation::kind:
      return numbers_.pack(RequestId(event.as<Activation>().request), event.as<Activation>().rows, frame);
    case StageOutput::kind:
      return numbers_.pack(RequestId(event.as<StageOutput>().request), event.as<StageOutput>().rows, frame);
    case OpenSession::kind:
      return put(frame, mail_->opens.take(event.as<OpenSession>().parcel));
    case Announce::kind:
      return put(frame, mail_->announcements.take(event.as<Announce>().parcel));
    case ViewReply::kind:
      return put_all(frame, *mail_->snapshots.take(event.as<ViewReply>().parcel));
    case CopyCache::kind:
    case RestoreCache::kind: {
      const auto parcel =
          event.kind == CopyCache::kind ? event.as<CopyCache>().parcel : event.as<RestoreCache>().parcel;
      const CacheBody body = mail_->caches.take(parcel);
      put(frame, body.leg);
      put(frame, body.bytes);
      put_all(frame, body.pieces);
      for (const auto& piece : body.pieces) numbers_.pack(RequestId(body.leg.request), piece.rows, frame);
      return;
    }
    default:  // all of it is in the event
      return;
  }
}

void LiveMail::unpack(engine::Event& event, const Frame& frame, std::size_t at) {
  switch (event.kind) {
    case Activation::kind: {
      const auto m = event.as<Activation>();
      return numbers_.unpack(RequestId(m.request), m.rows, frame, at);
    }
    case StageOutput::kind: {
      const auto m = event.as<StageOutput>();
      return numbers_.unpack(RequestId(m.request), m.rows, frame, at);
    }
    case OpenSession::kind: {
      const auto body = take<OpenBody>(frame, at);
      numbers_.open(RequestId(body.name.request), body.tokens, 0);
      return set_payload(event, OpenSession{mail_->opens.put(body)});
    }
    case Announce::kind:
      return set_payload(event, Announce{mail_->announcements.put(take<NodeView>(frame, at))});
    case ViewReply::kind: {
      auto view = std::make_shared<const std::vector<NodeView>>(take_all<NodeView>(frame, at));
      return set_payload(event, ViewReply{mail_->snapshots.put(std::move(view))});
    }
    case CopyCache::kind:
    case RestoreCache::kind: {
      CacheBody body;
      body.leg = take<LegName>(frame, at);
      body.bytes = take<Bytes>(frame, at);
      body.pieces = take_all<execution::CachePiece>(frame, at);
      for (const auto& piece : body.pieces) numbers_.unpack(RequestId(body.leg.request), piece.rows, frame, at);
      return set_payload(event, CopyCache{mail_->caches.put(std::move(body))});  // RestoreCache has the same shape
    }
    default:
      return;
  }
}

bool LiveMail::receive_all() {
  while (const std::optional<Frame> frame = courier_.receive()) {
    if (frame->empty()) {
      ++over_;
      return false;
    }
    std::size_t at = 0;
    auto event = take<engine::Event>(*frame, at);
    unpack(event, *frame, at);
    simulation_->arrive(event);
  }
  return true;
}

void LiveMail::close() {
  for (int rank = 0; rank < size_; ++rank) {
    if (rank != rank_) courier_.send(rank, {});
  }
  while (over_ < size_ - 1) {
    const std::optional<Frame> frame = courier_.receive();
    if (!frame) {
      execution::live::nap();
    } else if (frame->empty()) {
      ++over_;
    }
  }
}

}  // namespace orrery::sim::serving
