SELECT
  "t48".*
  EXCLUDE ("order_email")
FROM (
  SELECT
    "t47"."customer_id",
    "t47"."customer_ref",
    COALESCE("t47"."references", 0) AS "references",
    COALESCE("t47"."email", "t47"."order_email") AS "email",
    "t47"."phone",
    "t47"."first_name",
    "t47"."birth_date",
    "t47"."country",
    "t47"."region",
    "t47"."timezone",
    "t47"."language",
    "t47"."created_at",
    "t47"."order_email",
    COALESCE("t47"."orders", 0) AS "orders",
    COALESCE("t47"."recent_orders", 0) AS "recent_orders",
    "t47"."first_order_at",
    "t47"."last_order_at",
    "t47"."discount_share",
    COALESCE("t47"."returns", 0) AS "returns",
    "t47"."last_return_at",
    COALESCE("t47"."subscriptions", 0) AS "subscriptions",
    "t47"."renews_at",
    COALESCE("t47"."views", 0) AS "views",
    COALESCE("t47"."carts", 0) AS "carts",
    COALESCE("t47"."wishes", 0) AS "wishes",
    COALESCE("t47"."searches", 0) AS "searches",
    COALESCE("t47"."visits", 0) AS "visits",
    "t47"."last_seen_at",
    COALESCE("t47"."tickets", 0) AS "tickets",
    "t47"."last_ticket_at",
    "t47"."average_csat",
    COALESCE("t47"."delivered", 0) AS "delivered",
    COALESCE("t47"."opened", 0) AS "opened",
    COALESCE("t47"."clicked", 0) AS "clicked",
    COALESCE("t47"."bounced", 0) AS "bounced"
  FROM (
    SELECT
      "t46".*
      EXCLUDE ("customer_id_right")
    FROM (
      SELECT
        "t45"."customer_id",
        "t45"."customer_ref",
        "t45"."references",
        "t45"."email",
        "t45"."phone",
        "t45"."first_name",
        "t45"."birth_date",
        "t45"."country",
        "t45"."region",
        "t45"."timezone",
        "t45"."language",
        "t45"."created_at",
        "t45"."order_email",
        "t45"."orders",
        "t45"."recent_orders",
        "t45"."first_order_at",
        "t45"."last_order_at",
        "t45"."discount_share",
        "t45"."returns",
        "t45"."last_return_at",
        "t45"."subscriptions",
        "t45"."renews_at",
        "t45"."views",
        "t45"."carts",
        "t45"."wishes",
        "t45"."searches",
        "t45"."visits",
        "t45"."last_seen_at",
        "t45"."tickets",
        "t45"."last_ticket_at",
        "t45"."average_csat",
        "t10"."customer_id" AS "customer_id_right",
        "t10"."delivered",
        "t10"."opened",
        "t10"."clicked",
        "t10"."bounced"
      FROM (
        SELECT
          "t43".*
          EXCLUDE ("customer_id_right")
        FROM (
          SELECT
            "t42"."customer_id",
            "t42"."customer_ref",
            "t42"."references",
            "t42"."email",
            "t42"."phone",
            "t42"."first_name",
            "t42"."birth_date",
            "t42"."country",
            "t42"."region",
            "t42"."timezone",
            "t42"."language",
            "t42"."created_at",
            "t42"."order_email",
            "t42"."orders",
            "t42"."recent_orders",
            "t42"."first_order_at",
            "t42"."last_order_at",
            "t42"."discount_share",
            "t42"."returns",
            "t42"."last_return_at",
            "t42"."subscriptions",
            "t42"."renews_at",
            "t42"."views",
            "t42"."carts",
            "t42"."wishes",
            "t42"."searches",
            "t42"."visits",
            "t42"."last_seen_at",
            "t11"."customer_id" AS "customer_id_right",
            "t11"."tickets",
            "t11"."last_ticket_at",
            "t11"."average_csat"
          FROM (
            SELECT
              "t40".*
              EXCLUDE ("customer_id_right")
            FROM (
              SELECT
                "t39"."customer_id",
                "t39"."customer_ref",
                "t39"."references",
                "t39"."email",
                "t39"."phone",
                "t39"."first_name",
                "t39"."birth_date",
                "t39"."country",
                "t39"."region",
                "t39"."timezone",
                "t39"."language",
                "t39"."created_at",
                "t39"."order_email",
                "t39"."orders",
                "t39"."recent_orders",
                "t39"."first_order_at",
                "t39"."last_order_at",
                "t39"."discount_share",
                "t39"."returns",
                "t39"."last_return_at",
                "t39"."subscriptions",
                "t39"."renews_at",
                "t12"."customer_id" AS "customer_id_right",
                "t12"."views",
                "t12"."carts",
                "t12"."wishes",
                "t12"."searches",
                "t12"."visits",
                "t12"."last_seen_at"
              FROM (
                SELECT
                  "t37".*
                  EXCLUDE ("customer_id_right")
                FROM (
                  SELECT
                    "t36"."customer_id",
                    "t36"."customer_ref",
                    "t36"."references",
                    "t36"."email",
                    "t36"."phone",
                    "t36"."first_name",
                    "t36"."birth_date",
                    "t36"."country",
                    "t36"."region",
                    "t36"."timezone",
                    "t36"."language",
                    "t36"."created_at",
                    "t36"."order_email",
                    "t36"."orders",
                    "t36"."recent_orders",
                    "t36"."first_order_at",
                    "t36"."last_order_at",
                    "t36"."discount_share",
                    "t36"."returns",
                    "t36"."last_return_at",
                    "t13"."customer_id" AS "customer_id_right",
                    "t13"."subscriptions",
                    "t13"."renews_at"
                  FROM (
                    SELECT
                      "t34".*
                      EXCLUDE ("customer_id_right")
                    FROM (
                      SELECT
                        "t33"."customer_id",
                        "t33"."customer_ref",
                        "t33"."references",
                        "t33"."email",
                        "t33"."phone",
                        "t33"."first_name",
                        "t33"."birth_date",
                        "t33"."country",
                        "t33"."region",
                        "t33"."timezone",
                        "t33"."language",
                        "t33"."created_at",
                        "t33"."order_email",
                        "t33"."orders",
                        "t33"."recent_orders",
                        "t33"."first_order_at",
                        "t33"."last_order_at",
                        "t33"."discount_share",
                        "t14"."customer_id" AS "customer_id_right",
                        "t14"."returns",
                        "t14"."last_return_at"
                      FROM (
                        SELECT
                          "t31".*
                          EXCLUDE ("customer_id_right")
                        FROM (
                          SELECT
                            "t30"."customer_id",
                            "t30"."customer_ref",
                            "t30"."references",
                            "t30"."email",
                            "t30"."phone",
                            "t30"."first_name",
                            "t30"."birth_date",
                            "t30"."country",
                            "t30"."region",
                            "t30"."timezone",
                            "t30"."language",
                            "t30"."created_at",
                            "t30"."order_email",
                            "t15"."customer_id" AS "customer_id_right",
                            "t15"."orders",
                            "t15"."recent_orders",
                            "t15"."first_order_at",
                            "t15"."last_order_at",
                            "t15"."discount_share"
                          FROM (
                            SELECT
                              "t28".*
                              EXCLUDE ("customer_id_right")
                            FROM (
                              SELECT
                                "t27"."customer_id",
                                "t27"."customer_ref",
                                "t27"."references",
                                "t27"."email",
                                "t27"."phone",
                                "t27"."first_name",
                                "t27"."birth_date",
                                "t27"."country",
                                "t27"."region",
                                "t27"."timezone",
                                "t27"."language",
                                "t27"."created_at",
                                "t16"."customer_id" AS "customer_id_right",
                                "t16"."order_email"
                              FROM (
                                SELECT
                                  "t25".*
                                  EXCLUDE ("customer_id_right")
                                FROM (
                                  SELECT
                                    "t24"."customer_id",
                                    "t24"."customer_ref",
                                    "t17"."customer_id" AS "customer_id_right",
                                    "t17"."references",
                                    "t17"."email",
                                    "t17"."phone",
                                    "t17"."first_name",
                                    "t17"."birth_date",
                                    "t17"."country",
                                    "t17"."region",
                                    "t17"."timezone",
                                    "t17"."language",
                                    "t17"."created_at"
                                  FROM (
                                    SELECT
                                      "t22"."customer_id",
                                      "t22"."customer_ref"
                                    FROM (
                                      SELECT
                                        "t19"."customer_id",
                                        "t21"."customer_id" AS "customer_id_right",
                                        "t21"."customer_ref"
                                      FROM (
                                        SELECT DISTINCT
                                          "t8"."customer_id"
                                        FROM "links_now" AS "t8"
                                      ) AS "t19"
                                      LEFT OUTER JOIN (
                                        SELECT
                                          "t9"."customer_id",
                                          "t9"."customer_ref"
                                        FROM "customer_refs" AS "t9"
                                        WHERE
                                          "t9"."rank" = 0
                                      ) AS "t21"
                                        ON "t19"."customer_id" = "t21"."customer_id"
                                    ) AS "t22"
                                  ) AS "t24"
                                  LEFT OUTER JOIN "customer_people" AS "t17"
                                    ON "t24"."customer_id" = "t17"."customer_id"
                                ) AS "t25"
                              ) AS "t27"
                              LEFT OUTER JOIN "customer_addresses" AS "t16"
                                ON "t27"."customer_id" = "t16"."customer_id"
                            ) AS "t28"
                          ) AS "t30"
                          LEFT OUTER JOIN "customer_orders" AS "t15"
                            ON "t30"."customer_id" = "t15"."customer_id"
                        ) AS "t31"
                      ) AS "t33"
                      LEFT OUTER JOIN "customer_returns" AS "t14"
                        ON "t33"."customer_id" = "t14"."customer_id"
                    ) AS "t34"
                  ) AS "t36"
                  LEFT OUTER JOIN "customer_subscriptions" AS "t13"
                    ON "t36"."customer_id" = "t13"."customer_id"
                ) AS "t37"
              ) AS "t39"
              LEFT OUTER JOIN "customer_visits" AS "t12"
                ON "t39"."customer_id" = "t12"."customer_id"
            ) AS "t40"
          ) AS "t42"
          LEFT OUTER JOIN "customer_support" AS "t11"
            ON "t42"."customer_id" = "t11"."customer_id"
        ) AS "t43"
      ) AS "t45"
      LEFT OUTER JOIN "customer_messages" AS "t10"
        ON "t45"."customer_id" = "t10"."customer_id"
    ) AS "t46"
  ) AS "t47"
) AS "t48"
