// Examinations on a computing rank, and the review of texts.
#include <cstring>

#include "kernels/sample.hpp"
#include "sim/execution/gumbel.hpp"
#include "sim/execution/worker.hpp"

namespace orrery::sim::execution {

namespace model = kernels::model;

namespace {

std::vector<int> tokens_of(const Message& letter) {
  EXPECT(letter.size() % sizeof(int) == 0);
  std::vector<int> tokens(letter.size() / sizeof(int));
  std::memcpy(tokens.data(), letter.data(), letter.size());
  return tokens;
}

Message letter_of(const std::vector<int>& tokens) {
  Message letter(tokens.size() * sizeof(int));
  std::memcpy(letter.data(), tokens.data(), letter.size());
  return letter;
}

}  // namespace

bool Worker::carry_out_audit(Request& request, const Command& command) {
  switch (command.op) {
    case Op::review:
      review(request, command);
      return true;
    case Op::text:
      put_letter(request, command.output, letter_of(request.tokens));
      return true;
    case Op::testify:
      testify(request, command);
      return true;
    case Op::recompute:
      recompute(request, command);
      return true;
    case Op::ask:
      question(request, command);
      return true;
    case Op::answer:
      answer(request, command);
      return true;
    case Op::judge:
      judge(request, command);
      return true;
    default:
      return false;
  }
}

Agreement Worker::agreement(RequestId request) const {
  return {.weights = setup_.agreed,
          .sampling_seed = Draw(setup_.seed, Stream::sampling, request.index(), std::uint64_t{1} << 40).bits(),
          .temperature = setup_.temperature};
}

// The verifier's own randomness, by who asks about what: the same on any number of ranks.
Draw Worker::curiosity(const Command& command) const {
  const std::uint64_t who = command.session.node.index() & 0x7fffffU;
  return {setup_.seed, Stream::verification, command.session.request.index(),
          std::uint64_t{1} << 63 | who << 40 | std::uint64_t{command.session.leg} << 24};
}

void Worker::put_letter(Request& request, Handle handle, Message letter) {
  request.rows[handle] = std::make_shared<Message>(std::move(letter));
}

// What the honest model says about the text, on one machine with no wire.
void Worker::review(Request& request, const Command& command) {
  const RequestId id = command.session.request;
  const auto length = static_cast<int>(request.tokens.size());
  const auto prompt = static_cast<int>(request.prompt);
  Review& review = reviews_[id.index()];
  if (!error_.empty() || length <= prompt) return;
  Tape tape(store_, workspace_, {0, setup_.model->config().layers}, prompt, length - 1, agreement(id), experts_.get());
  const auto fed = std::span(request.tokens).first(static_cast<std::size_t>(length) - 1);
  tape.run({.honest = {.weights = setup_.agreed}}, model::embed(store_.embedding(), fed),
           Draw(0, Stream::behaviour, 0));
  for (int at = prompt; at < length; ++at) {
    const std::vector<float> logits = tape.readout(at - 1);
    const int token = request.tokens[static_cast<std::size_t>(at)];
    review.nats -= kernels::log_probability(logits, token);
    review.agreed += pick(logits, id, at) == token ? 1 : 0;
    ++review.tokens;
  }
}

// What the executor did is run again, piece by piece as it was: its rows hang on no batch, so these are the bits that
// were there.
void Worker::testify(Request& request, const Command& command) {
  if (!error_.empty()) return put_letter(request, command.output, {});
  Exhibit& exhibit = request.exhibits[{command.session.node, command.session.leg}];
  if (!command.stretches.empty()) {
    const kernels::Matrix x = gather(request, command);
    EXPECT(x.rows() == command.count);
    exhibit.tape =
        std::make_unique<Tape>(store_, workspace_, command.cache, static_cast<int>(command.first),
                               static_cast<int>(command.count), agreement(command.session.request), experts_.get());
    exhibit.tape->set_operator(command.session.node.index());
    exhibit.tape->set_claimed(command.claimed);
    int at = 0;
    for (const Stretch& s : command.stretches) {
      const int count = static_cast<int>(s.count);
      exhibit.tape->run(s.conduct, x.view().slice_rows(at, count), noise(command.session, at));
      at += count;
    }
    EXPECT(at == x.rows());
    const Conduct& last = command.stretches.back().conduct;
    exhibit.forges = last.forges;
    if (last.proves_honestly) exhibit.proof = exhibit.tape->honest_twin(last.honest);
  }
  EXPECT(exhibit.tape);
  Dialogue& said = exhibit.said[command.ticket];
  said.commitment = spoken(setup_.inspection->commit(exhibit.shown(*setup_.inspection)), exhibit.forges);
  put_letter(request, command.output, said.commitment);
}

void Worker::recompute(Request& request, const Command& command) {
  if (!error_.empty()) return;
  std::vector<int> tokens;
  kernels::Matrix x;
  if (command.of_text) {
    tokens = tokens_of(*fetch(request, command.inputs.front()));
    EXPECT(static_cast<Tokens>(tokens.size()) == command.count + 1);
    x = model::embed(store_.embedding(), std::span(tokens).first(static_cast<std::size_t>(command.count)));
  } else {
    x = gather(request, command);
  }
  EXPECT(x.rows() == command.count);
  auto own = std::make_unique<Tape>(store_, workspace_, command.cache, static_cast<int>(command.first), x.rows(),
                                    agreement(command.session.request), experts_.get());
  own->set_operator(command.session.node.index());
  own->run(command.conduct, x, Draw(0, Stream::behaviour, 0));
  own->set_tokens(std::move(tokens));
  request.hearings[command.ticket].own = std::move(own);
}

// A letter is the commitment before there is a question, and an answer after that.
void Worker::question(Request& request, const Command& command) {
  if (!error_.empty()) return put_letter(request, command.output, {});
  Hearing& hearing = request.hearings.at(command.ticket);
  const Message& letter = *fetch(request, command.inputs.front());
  hearing.said.questions.empty() ? void(hearing.said.commitment = letter) : hearing.said.answers.push_back(letter);
  hearing.said.questions.push_back(setup_.inspection->ask(hearing.said, *hearing.own, curiosity(command)));
  put_letter(request, command.output, hearing.said.questions.back());
}

void Worker::answer(Request& request, const Command& command) {
  if (!error_.empty()) return put_letter(request, command.output, {});
  Exhibit& exhibit = request.exhibits.at({command.session.node, command.session.leg});
  Dialogue& said = exhibit.said.at(command.ticket);
  said.questions.push_back(*fetch(request, command.inputs.front()));
  said.answers.push_back(spoken(setup_.inspection->answer(said, exhibit.shown(*setup_.inspection)), exhibit.forges));
  put_letter(request, command.output, said.answers.back());
}

void Worker::judge(Request& request, const Command& command) {
  if (!error_.empty()) return;
  Hearing& hearing = request.hearings.at(command.ticket);
  const Message& letter = *fetch(request, command.inputs.front());
  hearing.said.questions.empty() ? void(hearing.said.commitment = letter) : hearing.said.answers.push_back(letter);
  hearing.judgement = setup_.inspection->judge(hearing.said, *hearing.own, curiosity(command));
  hearing.own.reset();
  hearing.said = {};
}

// After an error the run fails whatever is said here; somebody waits for it all the same.
Judgement Worker::judgement(RequestId request, Ticket ticket) {
  const auto found = requests_.find(request.index());
  if (!error_.empty() || found == requests_.end()) return {};
  return found->second.hearings.at(ticket).judgement;
}

}  // namespace orrery::sim::execution
