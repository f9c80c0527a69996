-- sqlite3 -markdown results/slides.db < experiments/01-slides/deck.sql
--
-- The losses and accuracies that the deck prints, next to those of the sweep's seeds.
WITH deck (epoch, loss, accuracy) AS (
  VALUES (1, 0.0683, 0.9950), (2, 0.0048, 1.0), (3, 0.0027, 1.0), (4, 0.0019, 1.0), (5, 0.0015, 1.0)),
ours AS (
  SELECT epoch, avg(h.loss) AS loss, avg(h.accuracy) AS accuracy,
    sqrt((sum(h.loss * h.loss) - sum(h.loss) * avg(h.loss)) / (count(*) - 1)) AS sd
  FROM history h JOIN trials USING (trial_id) WHERE train_label_divisor = 255 GROUP BY epoch)
SELECT epoch, printf('%.4f', deck.loss) AS 'deck: loss', printf('%.4f', ours.loss) AS 'ours: mean',
  printf('%.4f', sd) AS sd, printf('%.1f', abs(deck.loss - ours.loss) / sd) AS away,
  printf('%.4f', deck.accuracy) AS 'deck: accuracy', printf('%.4f', ours.accuracy) AS 'ours: mean'
FROM deck JOIN ours USING (epoch) ORDER BY epoch;
