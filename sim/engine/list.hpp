// Intrusive doubly linked lists: the links live in the members, so linking allocates nothing and unlinking is O(1). A
// member of several lists derives from several Link<Tag>.
#pragma once

#include "kernels/contract.hpp"

namespace orrery::sim::engine {

template <class Tag>
struct Link {
  Link* previous = nullptr;
  Link* next = nullptr;
  bool linked() const { return next != nullptr; }
};

// T must derive from Link<Tag>. The list owns nothing; a member unlinks before it dies.
template <class T, class Tag>
class List {
 public:
  bool empty() const { return first_ == nullptr; }
  T& front() const {
    EXPECT(first_ != nullptr);
    return static_cast<T&>(*first_);
  }
  void push_back(T& member) {
    Link<Tag>& link = member;
    EXPECT(!link.linked());
    if (first_ == nullptr) {
      link.previous = link.next = first_ = &link;
      return;
    }
    link.previous = first_->previous;
    link.next = first_;
    link.previous->next = link.next->previous = &link;
  }
  void erase(T& member) {
    Link<Tag>& link = member;
    EXPECT(link.linked());
    link.previous->next = link.next;
    link.next->previous = link.previous;
    if (first_ == &link) first_ = link.next == &link ? nullptr : link.next;
    link.previous = link.next = nullptr;
  }
  T& pop_front() {
    T& member = front();
    erase(member);
    return member;
  }
  // The first member, front to back, for which found(member); null: none.
  template <class Found>
  T* find(Found found) const {
    Link<Tag>* link = first_;
    if (link == nullptr) return nullptr;
    do {
      if (found(static_cast<T&>(*link))) return static_cast<T*>(link);
      link = link->next;
    } while (link != first_);
    return nullptr;
  }

 private:
  Link<Tag>* first_ = nullptr;
};

}  // namespace orrery::sim::engine
