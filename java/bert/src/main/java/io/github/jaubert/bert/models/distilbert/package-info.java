/** DistilBERT (Sanh et al. 2019): six layers that learnt from BERT's twelve. */
package io.github.jaubert.bert.models.distilbert;
