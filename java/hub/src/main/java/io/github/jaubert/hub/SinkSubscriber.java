package io.github.jaubert.hub;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;

/** Hands a body to a sink as it comes, and ends the transfer where the sink will not have it. */
final class SinkSubscriber implements BodySubscriber<Void> {
  private final Sink sink;
  private final ResponseInfo info;
  private final AtomicLong moved;
  private final CompletableFuture<Void> body = new CompletableFuture<>();
  private Flow.Subscription subscription;

  /**
   * For one answer.
   *
   * @param moved counts the bytes
   */
  SinkSubscriber(Sink sink, ResponseInfo info, AtomicLong moved) {
    this.sink = sink;
    this.info = info;
    this.moved = moved;
  }

  @Override
  public CompletionStage<Void> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    try {
      sink.begin(info.statusCode(), info.headers());
      subscription.request(1);
    } catch (IOException | RuntimeException e) {
      refuse(e);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    if (body.isDone()) {
      return;
    }
    try {
      for (ByteBuffer buffer : buffers) {
        moved.addAndGet(buffer.remaining());
        sink.take(buffer);
      }
      subscription.request(1);
    } catch (IOException | RuntimeException e) {
      refuse(e);
    }
  }

  private void refuse(Exception e) {
    subscription.cancel();
    body.completeExceptionally(e);
  }

  @Override
  public void onError(Throwable e) {
    body.completeExceptionally(e);
  }

  @Override
  public void onComplete() {
    body.complete(null);
  }
}
