/** Models of Hugging Face's Hub: fetched, cached, uploaded. */
module io.github.jaubert.hub {
  requires com.fasterxml.jackson.databind;
  requires transitive io.github.jaubert.bert; // for the service alone
  requires java.net.http;
  requires org.slf4j;

  exports io.github.jaubert.hub;

  provides io.github.jaubert.bert.checkpoint.ModelHub with
      io.github.jaubert.hub.HubModels;
}
