-- sqlite3 -markdown results/mejorar.db < experiments/02-mejorar/one-change.sql
--
-- One change at a time, from the deck's choice on 10,000 images; the same seed before and after.
WITH deck AS (
  SELECT * FROM trials
  WHERE epochs = 5 AND train_images = 10000 AND optimizer = 'sgd' AND activation = 'sigmoid'
    AND loss_function = 'categorical_crossentropy'),
changed AS (
  SELECT *,
    (epochs <> 5) + (train_images <> 10000) + (optimizer <> 'sgd') + (activation <> 'sigmoid')
      + (loss_function <> 'categorical_crossentropy') AS changes,
    CASE WHEN epochs <> 5 THEN epochs || ' epochs'
         WHEN train_images <> 10000 THEN train_images || ' images'
         WHEN optimizer <> 'sgd' THEN optimizer
         WHEN activation <> 'sigmoid' THEN activation
         WHEN loss_function <> 'categorical_crossentropy' THEN loss_function
         ELSE 'nothing' END AS change
  FROM trials),
pairs AS (
  SELECT c.change, c.val_accuracy, c.val_accuracy - d.val_accuracy AS gain
  FROM changed c JOIN deck d USING (seed) WHERE c.changes <= 1)
SELECT change, count(*) AS seeds, round(avg(val_accuracy), 4) AS val_accuracy,
  round(avg(gain), 4) AS gain,
  round(sqrt(max(0, (sum(gain * gain) - sum(gain) * avg(gain)) / (count(*) - 1))), 4) AS sd,
  sum(gain > 0) AS better
FROM pairs GROUP BY change ORDER BY avg(gain) DESC;
