; What Puppet Server's own loader makes of directories of configuration: one path a line on stdin, one
; JSON array a line on stdout: [all that is set] or [null, the class of the exception].
(require '[puppetlabs.trapperkeeper.config :as config]
         '[clojure.string :as string])

(defn quoted [text]
  (str \" (string/join (map #(format "\\u%04x" (int %)) text)) \"))

(defn json [value]
  (cond
    (nil? value) "null"
    (map? value) (str "{" (string/join "," (map (fn [[key item]]
                                                  (str (quoted (subs (str key) 1)) ":" (json item)))
                                                value)) "}")
    (sequential? value) (str "[" (string/join "," (map json value)) "]")
    (string? value) (quoted value)
    :else (str value)))

(doseq [path (line-seq (java.io.BufferedReader. *in*))]
  (println (try
             (json [(config/load-config path)])
             (catch Throwable problem
               (json [nil (.getName (class problem))]))))
  (flush))
