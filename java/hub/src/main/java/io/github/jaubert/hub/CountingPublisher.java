package io.github.jaubert.hub;

import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.function.LongConsumer;

/** A body that counts what of it has been sent. */
final class CountingPublisher implements BodyPublisher {
  private final BodyPublisher body;
  private final LongConsumer moved;

  CountingPublisher(BodyPublisher body, LongConsumer moved) {
    this.body = body;
    this.moved = moved;
  }

  @Override
  public long contentLength() {
    return body.contentLength();
  }

  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    body.subscribe(
        new Flow.Subscriber<>() {
          @Override
          public void onSubscribe(Flow.Subscription subscription) {
            subscriber.onSubscribe(subscription);
          }

          @Override
          public void onNext(ByteBuffer bytes) {
            moved.accept(bytes.remaining());
            subscriber.onNext(bytes);
          }

          @Override
          public void onError(Throwable e) {
            subscriber.onError(e);
          }

          @Override
          public void onComplete() {
            subscriber.onComplete();
          }
        });
  }
}
