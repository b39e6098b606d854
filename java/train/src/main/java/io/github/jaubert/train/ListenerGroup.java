package io.github.jaubert.train;

import java.util.List;
import java.util.Map;

/** Several listeners as one: each is told everything, in order. */
record ListenerGroup(List<TrainingListener> listeners) implements TrainingListener {
  @Override
  public void tokenized(String source, int done, int all) {
    listeners.forEach(listener -> listener.tokenized(source, done, all));
  }

  @Override
  public void tokenizedBytes(String source, long read, long all) {
    listeners.forEach(listener -> listener.tokenizedBytes(source, read, all));
  }

  @Override
  public void prepared(int[] lengths) {
    listeners.forEach(listener -> listener.prepared(lengths));
  }

  @Override
  public void configured(Map<String, Object> settings) {
    listeners.forEach(listener -> listener.configured(settings));
  }

  @Override
  public void started(long step, long steps, long tokens, long allTokens) {
    listeners.forEach(listener -> listener.started(step, steps, tokens, allTokens));
  }

  @Override
  public void stepped(long step, long tokens) {
    listeners.forEach(listener -> listener.stepped(step, tokens));
  }

  @Override
  public void logged(LogEntry entry) {
    listeners.forEach(listener -> listener.logged(entry));
  }

  @Override
  public void finished(TrainingResult result) {
    listeners.forEach(listener -> listener.finished(result));
  }

  @Override
  public void ended() {
    listeners.forEach(TrainingListener::ended);
  }
}
