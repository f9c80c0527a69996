-- sqlite3 -markdown results/mejorar.db < experiments/02-mejorar/queries.sql

-- 1. One change at a time, from the deck's choice on 10,000 images; the same seed before and after.
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

-- 2. More epochs, whatever else was chosen.
SELECT b.optimizer, a.epochs || ' to ' || b.epochs AS epochs, count(*) AS pairs,
  round(avg(b.val_accuracy - a.val_accuracy), 4) AS gain, sum(b.val_accuracy > a.val_accuracy) AS better
FROM trials a JOIN trials b USING (seed, optimizer, activation, loss_function, train_images)
WHERE (a.epochs, b.epochs) IN (VALUES (5, 10), (10, 20))
GROUP BY b.optimizer, a.epochs ORDER BY b.optimizer, a.epochs;

-- 3. Another optimizer than sgd.
SELECT b.optimizer, b.train_images, b.epochs, count(*) AS pairs,
  round(avg(b.val_accuracy - a.val_accuracy), 4) AS gain, sum(b.val_accuracy > a.val_accuracy) AS better
FROM trials a JOIN trials b USING (seed, epochs, activation, loss_function, train_images)
WHERE a.optimizer = 'sgd' AND b.optimizer <> 'sgd'
GROUP BY b.optimizer, b.train_images, b.epochs;

-- 4. mean_squared_error instead of categorical_crossentropy.
SELECT b.optimizer, count(*) AS pairs,
  round(avg(b.val_accuracy - a.val_accuracy), 4) AS gain, sum(b.val_accuracy > a.val_accuracy) AS better
FROM trials a JOIN trials b USING (seed, epochs, activation, train_images, optimizer)
WHERE a.loss_function = 'categorical_crossentropy' AND b.loss_function = 'mean_squared_error'
GROUP BY b.optimizer;

-- 5. Another activation than sigmoid.
SELECT b.optimizer, b.activation, count(*) AS pairs,
  round(avg(b.val_accuracy - a.val_accuracy), 4) AS gain, sum(b.val_accuracy > a.val_accuracy) AS better
FROM trials a JOIN trials b USING (seed, epochs, loss_function, train_images, optimizer)
WHERE a.activation = 'sigmoid' AND b.activation <> 'sigmoid'
GROUP BY b.optimizer, b.activation;

-- 6. 54,000 images instead of 10,000.
SELECT b.optimizer, count(*) AS pairs,
  round(avg(b.val_accuracy - a.val_accuracy), 4) AS gain, sum(b.val_accuracy > a.val_accuracy) AS better
FROM trials a JOIN trials b USING (seed, epochs, activation, loss_function, optimizer)
WHERE a.train_images = 10000 AND b.train_images = 54000
GROUP BY b.optimizer;

-- 7. All changes together: the best settings.
SELECT rank, train_images, optimizer, activation, loss_function, epochs,
  round(val_accuracy, 4) AS val_accuracy, round(val_accuracy_sd, 4) AS sd,
  round(test_accuracy, 4) AS test_accuracy
FROM leaderboard LIMIT 5;
